//! Files on their way in without a browser's script: what is taken, what is refused and with which sentence.

use super::studio::{Answer, TestStudio, picture};
use crate::dataset::model::upload::{FileToUpload, Ticket};
use crate::dataset::server::uploads::tickets_unless_there;
use crate::styles::model::StyleId;
use image::{ImageFormat, Rgba, RgbaImage};
use reqwest::Method;
use serde_json::json;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const BOUNDARY: &str = "a-boundary";

/// Sends the plain form of the training data page; the address it leads to, decoded.
async fn send_form(
    studio: &TestStudio,
    style: &str,
    clash: &str,
    files: &[(&str, Vec<u8>)],
) -> String {
    let mut body = Vec::new();
    let mut part = |head: &str, content: &[u8]| {
        body.extend(
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {head}\r\n\r\n").into_bytes(),
        );
        body.extend(content);
        body.extend(b"\r\n");
    };
    part("name=\"clash\"", clash.as_bytes());
    for (name, content) in files {
        part(&format!("name=\"files\"; filename=\"{name}\""), content);
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    let request = studio
        .request(Method::POST, &format!("/forms/styles/{style}/uploads"))
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    let answer = studio.send(request).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let query = answer
        .header("location")
        .split_once('?')
        .expect("a query")
        .1
        .to_owned();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

async fn names(studio: &TestStudio, style: &str) -> Vec<String> {
    let prefix = format!("styles/{style}/");
    let objects = studio.state.s3.list(&prefix).await.expect("a list");
    objects
        .into_iter()
        .map(|o| o.key[prefix.len()..].to_owned())
        .collect()
}

async fn put(studio: &TestStudio, style: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/styles/{style}/images/{name}");
    studio
        .send(studio.request(Method::PUT, &path).body(bytes))
        .await
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        zip.start_file(*path, SimpleFileOptions::default())
            .expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A picture of one colour.
fn flat(colour: [u8; 4], format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let picture = image::DynamicImage::from(RgbaImage::from_pixel(96, 64, Rgba(colour)));
    let written = match format {
        ImageFormat::Jpeg => picture.to_rgb8().write_to(&mut file, format),
        _ => picture.write_to(&mut file, format),
    };
    written.expect("a picture");
    file.into_inner()
}

/// The same JPEG with an EXIF orientation put into it.
pub fn turned(orientation: u8) -> Vec<u8> {
    let jpeg = flat([10, 200, 30, 255], ImageFormat::Jpeg);
    let exif = [
        &b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0],
    ];
    [&jpeg[..2], &exif.concat(), &jpeg[2..]].concat()
}

#[tokio::test]
async fn an_archive_is_unpacked_flat_and_what_is_no_image_stays_inside_by_name() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let mut secret = archive(&[("secret.png", b"x")]);
    let flag = secret
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .expect("a directory")
        + 8;
    secret[flag] |= 1;
    let zip = archive(&[
        ("June/boat (1).png", &picture()),
        ("June/boat (1).txt", b"a boat"),
        ("../../outside.png", &picture()),
        ("run.exe", b"MZ"),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("zeros.bmp", &vec![0; 20_000_000]),
        ("__MACOSX/._boat (1).png", b"x"),
    ]);
    let said = send_form(
        &studio,
        &style,
        "",
        &[("all.zip", zip), ("secret.ZIP", secret)],
    )
    .await;
    assert_eq!(
        names(&studio, &style).await,
        ["boat (1).png", "boat (1).txt"]
    );
    assert!(said.contains("uploaded=2\n"), "{said}");
    for words in [
        "outside.png\" leads out of the archive",
        "run.exe is neither a picture nor a caption",
        "page.jpg is a web page (HTML), not a picture",
        "zeros.bmp would grow",
        "secret.png is encrypted",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("MACOSX"));
    let spool = studio.state_dir().join("spool");
    assert_eq!(
        std::fs::read_dir(spool).unwrap().count(),
        0,
        "nothing stays in the spool"
    );
}

#[tokio::test]
async fn a_broken_or_cut_archive_is_refused_and_takes_nothing_down() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let good = archive(&[("a.png", &picture()), ("b.png", &picture())]);
    let mut damaged = good.clone();
    damaged[60] ^= 0xFF;
    let files = [
        ("words.zip", b"no archive at all".to_vec()),
        ("cut.zip", good[..good.len() / 2].to_vec()),
        ("damaged.zip", damaged),
    ];
    let said = send_form(&studio, &style, "", &files).await;
    assert!(said.contains("words.zip is no ZIP archive"), "{said}");
    assert!(said.contains("cut.zip is no ZIP archive"), "{said}");
    assert!(
        said.contains("damaged.zip: a.png could not be unpacked"),
        "{said}"
    );
    assert_eq!(names(&studio, &style).await, ["b.png"]);
}

#[tokio::test]
async fn a_taken_name_is_left_alone_kept_beside_or_replaced_as_the_form_says() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let other = || flat([9, 9, 9, 255], ImageFormat::Png);
    let files = || {
        vec![
            ("boat 0.png", other()),
            ("boat 0.txt", b"other words".to_vec()),
            ("boat 0.jpg", flat([9, 9, 9, 255], ImageFormat::Jpeg)),
        ]
    };
    let said = send_form(&studio, &style, "ask", &files()).await;
    assert!(
        said.contains("uploaded=0")
            && said.contains("boat 0.png is already there with other content"),
        "{said}"
    );
    assert!(
        said.contains("boat 0.jpg would share the caption of boat 0.png"),
        "{said}"
    );
    assert_eq!(names(&studio, &style).await, ["boat 0.png", "boat 0.txt"]);

    let said = send_form(&studio, &style, "", &[("boat 0.png", picture())]).await;
    assert!(said.contains("same=1"), "{said}");

    let said = send_form(&studio, &style, "keep_both", &files()[..2]).await;
    assert!(said.contains("boat 0.png is now boat 0 (2).png"), "{said}");
    let caption = studio
        .get(&format!(
            "/api/styles/{style}/images/boat%200%20(2).png/caption"
        ))
        .await;
    assert_eq!(caption.text, "other words");

    send_form(&studio, &style, "replace", &files()[..1]).await;
    let (bytes, _) = studio
        .state
        .s3
        .get(&format!("styles/{style}/boat 0.png"), 1 << 20)
        .await
        .unwrap();
    assert_eq!(bytes, other());
}

#[tokio::test]
async fn what_the_trainer_would_get_wrong_is_refused_with_its_reason() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let jpeg = flat([1, 2, 3, 255], ImageFormat::Jpeg);
    let mut bomb = flat([1, 2, 3, 255], ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0x4E, 0x20, 0, 0, 0x4E, 0x20]);
    let grey16 = {
        let mut file = Cursor::new(Vec::new());
        let grey = image::ImageBuffer::<image::Luma<u16>, _>::from_pixel(8, 8, image::Luma([9000]));
        image::DynamicImage::from(grey)
            .write_to(&mut file, ImageFormat::Png)
            .unwrap();
        file.into_inner()
    };
    for (name, bytes, words) in [
        (
            "page.jpg",
            b"<!doctype html><script>x</script>".to_vec(),
            "is a web page (HTML), not a picture",
        ),
        (
            "drawing.png",
            b"<svg onload='x'></svg>".to_vec(),
            "is an SVG drawing",
        ),
        ("cut.jpg", jpeg[..jpeg.len() / 2].to_vec(), "is cut off"),
        ("bomb.png", bomb, "20000 × 20000 pixels"),
        (
            "phone.jpg",
            turned(6),
            "is stored turned (EXIF orientation)",
        ),
        ("scan.png", grey16, "has 16-bit grey"),
        (
            "glass.png",
            flat([1, 2, 3, 100], ImageFormat::Png),
            "has transparent parts",
        ),
        ("old.txt", b"caf\xe9".to_vec(), "is not UTF-8 text"),
    ] {
        let answer = put(&studio, &style, name, bytes.clone()).await;
        let text = answer.text.clone();
        assert!(
            text.contains(name) && text.contains(words),
            "{name}: {text}"
        );
        assert_eq!(answer.refused(400), ["filename"]);
        let said = send_form(&studio, &style, "", &[(name, bytes)]).await;
        assert!(said.contains(words), "the form says the same: {said}");
    }
    assert_eq!(names(&studio, &style).await, Vec::<String>::new());
    // upright, or with a channel for transparency that nothing uses: fine
    put(&studio, &style, "upright.jpg", turned(1))
        .await
        .expect(200);
    put(
        &studio,
        &style,
        "opaque.png",
        flat([1, 2, 3, 255], ImageFormat::Png),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn the_list_says_why_an_image_has_no_thumbnail() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let mut bomb = flat([1, 2, 3, 255], ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0x4E, 0x20, 0, 0, 0x4E, 0x20]);
    let mut damaged = flat([1, 2, 3, 255], ImageFormat::Png);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xAA);
    studio.put_object(&style, "bomb.png", &bomb).await;
    studio.put_object(&style, "damaged.png", &damaged).await;
    studio
        .put_object(&style, "page.jpg", b"<html><body>hello</body></html>")
        .await;
    studio.put_object(&style, "fine.png", &picture()).await;
    for name in ["bomb.png", "damaged.png", "page.jpg"] {
        let path = format!("/api/styles/{style}/images/{name}/thumbnail");
        studio.get(&path).await.refused(400);
    }
    let list = studio
        .get(&format!("/api/styles/{style}/images"))
        .await
        .expect(200);
    let problem = |n: usize| list["images"][n]["problem"].as_str();
    assert!(
        problem(0)
            .unwrap()
            .starts_with("bomb.png has 20000 × 20000 pixels")
    );
    assert!(problem(1).unwrap().contains("cannot be decoded"));
    assert!(problem(3).unwrap().contains("web page"));
    assert_eq!(problem(2), None);
}

#[tokio::test]
async fn a_browsers_thumbnail_is_kept_only_if_it_is_one() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let image = flat([200, 10, 10, 255], ImageFormat::Png);
    let stored = put(&studio, &style, "red.png", image).await.expect(200);
    let etag = stored["etag"].as_str().unwrap().to_owned();
    let path = |etag: &str| format!("/api/styles/{style}/images/red.png/thumbnail?v={etag}");
    let send = |etag: &str, bytes: Vec<u8>| {
        studio.send(studio.request(Method::PUT, &path(etag)).body(bytes))
    };
    let small = flat([10, 10, 200, 255], ImageFormat::Jpeg);
    for (why, bytes) in [
        ("a script", b"<script>".to_vec()),
        ("another type", flat([1, 2, 3, 255], ImageFormat::Png)),
        ("another shape", {
            let mut file = Cursor::new(Vec::new());
            image::RgbImage::new(64, 96)
                .write_to(&mut file, ImageFormat::Jpeg)
                .unwrap();
            file.into_inner()
        }),
        ("too large", vec![0xFF; 70_000]),
        ("cut off", small[..small.len() / 2].to_vec()),
    ] {
        let answer = send(&etag, bytes).await;
        assert_eq!(answer.refused(400), ["thumbnail"], "{why}");
    }
    send("0123", small.clone()).await.refused(412);
    assert_eq!(send(&etag, small.clone()).await.status, 204);
    let answer = studio.send(studio.request(Method::GET, &path(&etag))).await;
    assert_eq!(
        answer.header("content-length"),
        small.len().to_string(),
        "the one that was kept is served"
    );
}

/// Asks for a page's ticket as its script does.
async fn ticket(studio: &TestStudio, style: &str, replace: bool) -> Ticket {
    let id = StyleId::parse(style).expect("an id");
    let wanted = FileToUpload {
        filename: "same.jpg".into(),
        size_bytes: 8,
        replace,
        unconditional: false,
    };
    let tickets = tickets_unless_there(&studio.state, &id, vec![wanted]).await;
    tickets.expect("an answer").remove(0)
}

async fn send_with(ticket: &Ticket, body: &'static [u8]) -> u16 {
    let mut put = reqwest::Client::new().put(&ticket.url).body(body);
    for (name, value) in &ticket.headers {
        put = put.header(name, value);
    }
    put.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn of_two_windows_that_send_one_name_the_later_one_overwrites_nothing() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let (first, second) = (
        ticket(&studio, &style, false).await,
        ticket(&studio, &style, false).await,
    );
    assert_eq!(send_with(&first, b"the first").await, 200);
    assert_eq!(send_with(&second, b"the other").await, 412);
    // both agreed to replace what they saw, and one of them has by now
    let (first, second) = (
        ticket(&studio, &style, true).await,
        ticket(&studio, &style, true).await,
    );
    assert_eq!(send_with(&second, b"a third").await, 200);
    assert_eq!(send_with(&first, b"a fourth").await, 412);
    assert!(ticket(&studio, &style, false).await.exists);
}

#[tokio::test]
async fn a_picture_the_trainer_would_stop_on_starts_no_run_and_one_it_gets_wrong_is_told_of() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let mut cut = flat([10, 200, 30, 255], ImageFormat::Jpeg);
    cut.truncate(cut.len() - 40);
    for (name, bytes) in [("cut.jpg", cut), ("turned.jpg", turned(6))] {
        studio.put_object(&style, name, &bytes).await;
        let caption = name.replace(".jpg", ".txt");
        studio.put_object(&style, &caption, b"a boat").await;
    }
    let mut body = super::studio::run(&style, "V1");
    let set = studio.save_set(&style, &["cut.jpg", "turned.jpg"]).await;
    body["selectionSetId"] = json!(set);
    // at once, before anything was measured
    let refused = studio.post("/api/training/start", &body).await;
    assert!(
        refused.text.contains("cannot be trained"),
        "{}",
        refused.text
    );
    assert!(!refused.text.contains("turned.jpg"), "{}", refused.text);
    refused.refused(400);
    let set = studio.save_set(&style, &["turned.jpg"]).await;
    body["selectionSetId"] = json!(set);
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    let mut warnings = preview["warnings"].as_array().expect("a list").iter();
    let flawed = warnings
        .find(|w| w["code"] == "image_flawed")
        .expect("told");
    let message = flawed["message"].as_str().expect("a sentence");
    assert!(
        message.starts_with("turned.jpg is stored turned"),
        "{message}"
    );
}
