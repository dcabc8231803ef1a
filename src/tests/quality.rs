//! Quality of training images, through the real router: measured behind the list, kept by ETag, judged at the run's size.

mod table;

use super::plain_form::PlainForm;
use super::studio::{TestStudio, run};
use crate::dataset::server::{analysis, listing};
use crate::styles::model::StyleId;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Cursor;
use std::time::Duration;

/// A picture with edges and colours, another one for each seed.
fn drawn(seed: u32, width: u32, height: u32) -> RgbImage {
    let wave = |at: u32, of: u32, turns: u32| {
        (at as f32 / of as f32 * turns as f32 * 3.1 + seed as f32 * 1.7).sin()
    };
    RgbImage::from_fn(width, height, |x, y| {
        let across = wave(x, width, 1 + seed * 5 % 7) * wave(y, height, 1 + seed * 3 % 5);
        let down = wave(x + y, width + height, 2 + seed % 4);
        let pick = |on: bool, high: u8, low: u8| if on { high } else { low };
        let (a, b) = (across > 0.0, across + down > 0.3);
        Rgb([pick(a, 210, 40), pick(b, 180, 70), pick(a != b, 150, 60)])
    })
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, ImageFormat::Png)
        .expect("a picture");
    file.into_inner()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let written = picture.write_to(&mut file, ImageFormat::Jpeg);
    written.expect("a picture");
    file.into_inner()
}

/// The same PNG, saying that it has two frames.
fn animated(png: &[u8]) -> Vec<u8> {
    let control = [&b"acTL"[..], &2u32.to_be_bytes(), &[0; 4]].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&control);
    // behind the signature and the first chunk
    let (before, behind) = png.split_at(33);
    let length = 8u32.to_be_bytes();
    [before, &length, &control, &crc.sum().to_be_bytes(), behind].concat()
}

async fn empty_style(studio: &TestStudio) -> String {
    studio.ready_style(0).await
}

async fn images(studio: &TestStudio, style: &str) -> Value {
    studio
        .get(&format!("/api/styles/{style}/images"))
        .await
        .expect(200)
}

/// Asks, as a page does, until nothing is being measured any more.
async fn measured(studio: &TestStudio, style: &str) -> Value {
    let asked = async {
        loop {
            let page = images(studio, style).await;
            if page["analysing"] == 0 {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked)
        .await
        .expect("it ends")
}

fn image<'a>(page: &'a Value, name: &str) -> &'a Value {
    let images = page["images"].as_array().expect("a list");
    images
        .iter()
        .find(|i| i["filename"] == name)
        .expect("listed")
}

fn codes(image: &Value) -> Vec<&str> {
    let remarks = image["quality"]["remarks"].as_array().expect("remarks");
    remarks
        .iter()
        .map(|r| r["code"].as_str().expect("a code"))
        .collect()
}

/// Of a report's images, as they are listed.
fn names_of(report: &Value) -> Vec<&str> {
    let images = report["images"].as_array().expect("images").iter();
    images
        .map(|i| i["filename"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn a_list_answers_at_once_and_what_images_measure_comes_later() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    for seed in 1..4 {
        studio
            .put_object(&style, &format!("{seed}.png"), &png(&drawn(seed, 600, 600)))
            .await;
    }
    let small = imageops::resize(
        &drawn(2, 600, 600),
        300,
        300,
        imageops::FilterType::Triangle,
    );
    studio.put_object(&style, "copy.png", &png(&small)).await;
    // while nothing can be decoded
    let permits = studio.state.decoding.acquire_many(2).await.unwrap();
    let page = tokio::time::timeout(Duration::from_secs(10), images(&studio, &style));
    let page = page.await.expect("the list does not wait");
    assert_eq!(page["analysing"], 4);
    assert_eq!(image(&page, "1.png")["quality"], Value::Null);
    assert_eq!(image(&page, "1.png")["bucket"]["width"], 512);
    drop(permits);
    let page = measured(&studio, &style).await;
    assert_eq!(image(&page, "1.png")["quality"]["state"], "fine", "{page}");
    assert_eq!(
        image(&page, "1.png")["hash"].as_str().map(str::len),
        Some(16)
    );
    assert_eq!(image(&page, "1.png")["duplicates"], json!([]));
    assert_eq!(image(&page, "2.png")["duplicates"], json!(["copy.png"]));
    assert_eq!(codes(image(&page, "copy.png")), ["upscaled", "duplicate"]);
    assert_eq!(image(&page, "copy.png")["quality"]["state"], "bad");
}

#[tokio::test]
async fn measurements_are_kept_by_etag_over_a_restart_and_a_changed_image_is_measured_again() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    studio
        .put_object(&style, "a.png", &png(&drawn(1, 512, 512)))
        .await;
    studio
        .put_object(&style, "b.png", &png(&drawn(2, 512, 512)))
        .await;
    let before = measured(&studio, &style).await;
    let file = studio.state_dir().join(format!("analysis/{style}.json"));
    let written = async {
        while !file.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), written)
        .await
        .expect("it is written");
    // nothing can be measured now, and a fresh process remembers nothing but the file
    let permits = studio.state.decoding.acquire_many(2).await.unwrap();
    let mut fresh = studio.state.clone();
    fresh.residents = Default::default();
    let id = StyleId::parse(&style).unwrap();
    let pairs = listing::pairs(&fresh, &id).await.unwrap();
    let known = analysis::known(&fresh, &id, &pairs).await;
    assert_eq!((known.analysing, known.outcomes.len()), (0, 2));
    studio
        .put_object(&style, "b.png", &png(&drawn(3, 512, 512)))
        .await;
    let page = images(&studio, &style).await;
    assert_eq!(page["analysing"], 1);
    assert_eq!(
        image(&page, "a.png")["hash"],
        image(&before, "a.png")["hash"]
    );
    assert_eq!(image(&page, "b.png")["hash"], Value::Null);
    drop(permits);
    let after = measured(&studio, &style).await;
    assert_ne!(
        image(&after, "b.png")["hash"],
        image(&before, "b.png")["hash"]
    );
}

#[tokio::test]
async fn a_bomb_and_a_broken_file_are_refused_by_name_and_the_others_are_measured() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    studio
        .put_object(&style, "bomb.png", &png(&RgbImage::new(17_000, 2)))
        .await;
    studio
        .put_object(&style, "broken.png", b"no picture at all")
        .await;
    studio
        .put_object(&style, "good.png", &png(&drawn(1, 512, 512)))
        .await;
    let page = measured(&studio, &style).await;
    for (name, why) in [
        ("bomb.png", "16384 pixels"),
        ("broken.png", "is text, not a picture"),
    ] {
        let judged = image(&page, name);
        assert_eq!(judged["quality"]["state"], "bad");
        assert_eq!(codes(judged), ["unreadable"]);
        let message = judged["quality"]["remarks"][0]["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains(why), "{message}");
    }
    assert_eq!(image(&page, "good.png")["quality"]["state"], "fine");
}

#[tokio::test]
async fn what_the_trainer_stops_on_or_gets_wrong_is_bad_however_it_came_into_the_bucket() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    let jpeg = jpeg(&drawn(1, 512, 512));
    let grey = image::ImageBuffer::from_fn(512, 512, |x, y| image::Luma([(x * y % 65_521) as u16]));
    let mut grey16 = Cursor::new(Vec::new());
    let written = DynamicImage::ImageLuma16(grey).write_to(&mut grey16, ImageFormat::Png);
    written.expect("a picture");
    for (name, bytes) in [
        ("cut.jpg", &jpeg[..jpeg.len() / 2]),
        ("Mixed.Jpg", &jpeg),
        ("moving.png", &animated(&png(&drawn(2, 512, 512)))),
        ("scan.png", grey16.get_ref()),
        (
            "print.jpg",
            include_bytes!("../../fuzz/corpus/picture/cmyk.jpg"),
        ),
    ] {
        studio.put_object(&style, name, bytes).await;
    }
    let page = measured(&studio, &style).await;
    let view = studio
        .get(&format!("/styles/{style}/data?view=quality"))
        .await;
    for (name, code, why) in [
        ("cut.jpg", "unreadable", "is cut off"),
        ("Mixed.Jpg", "extension", "Rename it to .jpg."),
        ("moving.png", "animated", "reads only its first frame"),
        ("scan.png", "grey16", "Save it with 8 bits."),
        ("print.jpg", "cmyk", "Save it as RGB."),
    ] {
        let judged = image(&page, name);
        assert_eq!(judged["quality"]["state"], "bad", "{judged}");
        let remark = &judged["quality"]["remarks"][0];
        let message = remark["message"].as_str().unwrap();
        assert_eq!(remark["code"], code);
        assert!(message.contains(name) && message.contains(why), "{message}");
        assert!(view.text.contains(message), "{message}");
    }
}

#[tokio::test]
async fn a_dismissed_remark_does_not_count_until_the_image_changes() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    studio
        .put_object(&style, "small.png", &png(&drawn(1, 300, 300)))
        .await;
    assert_eq!(
        image(&measured(&studio, &style).await, "small.png")["quality"]["state"],
        "bad"
    );
    let path = format!("/api/styles/{style}/images/small.png/quality");
    let put = |body: Value| studio.send(studio.request(Method::PUT, &path).json(&body));
    let quality = put(json!({"code": "upscaled", "dismissed": true}))
        .await
        .expect(200);
    assert_eq!(quality["state"], "fine");
    assert_eq!(quality["remarks"][0]["dismissed"], true);
    assert_eq!(
        image(&images(&studio, &style).await, "small.png")["quality"]["state"],
        "fine"
    );
    put(json!({"code": "ugly", "dismissed": true}))
        .await
        .refused(400);
    studio
        .put_object(&style, "small.png", &png(&drawn(2, 300, 300)))
        .await;
    assert_eq!(
        image(&measured(&studio, &style).await, "small.png")["quality"]["state"],
        "bad"
    );
    // a plain form says the same, and leads back to the view
    let view = format!("/styles/{style}/data?view=quality");
    let form = PlainForm::on(&studio, &view, "dismiss_remark").await;
    let (to, page) = form.submit(&studio).await;
    assert_eq!((to.as_str(), page.status), (view.as_str(), 200));
    assert!(page.text.contains("Restore"));
    let page = images(&studio, &style).await;
    assert_eq!(image(&page, "small.png")["quality"]["state"], "fine");
}

#[tokio::test]
async fn a_dismissal_holds_while_the_remark_is_no_worse_and_only_for_one_that_is_there() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    studio
        .put_object(&style, "small.png", &png(&drawn(1, 400, 400)))
        .await;
    measured(&studio, &style).await;
    let put = |query: &str, code: &str, dismissed: bool| {
        let path = format!("/api/styles/{style}/images/small.png/quality{query}");
        let body = json!({"code": code, "dismissed": dismissed});
        studio.send(studio.request(Method::PUT, &path).json(&body))
    };
    put("", "crop", true).await.refused(404);
    put("", "crop", false).await.expect(200);
    assert_eq!(put("", "upscaled", true).await.expect(200)["state"], "fine");
    // 1.28 times at 512, 2.56 times at 1024
    let at = async |width: u32| {
        let path = format!("/api/styles/{style}/quality?width={width}");
        studio.get(&path).await.expect(200)
    };
    let judged = |report: &Value| report["images"][0]["quality"].clone();
    assert_eq!(judged(&at(512).await)["state"], "fine");
    assert_eq!(judged(&at(1_024).await)["state"], "bad");
    let meant = put("?width=1024", "upscaled", true).await.expect(200);
    assert_eq!(meant["state"], "fine");
    assert_eq!(judged(&at(1_024).await)["state"], "fine");
    put("", "upscaled", false).await.expect(200);
    assert_eq!(judged(&at(512).await)["state"], "look");
    // the page's own form says at which size it was seen
    let view = format!("/styles/{style}/data?view=quality&width=1024");
    let form = PlainForm::on(&studio, &view, "dismiss_remark").await;
    form.submit(&studio).await;
    assert_eq!(judged(&at(1_024).await)["state"], "fine");
}

#[tokio::test]
async fn the_report_is_in_the_sets_order_and_at_the_size_of_the_last_run() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    studio
        .put_object(&style, "wide.png", &png(&drawn(4, 1_024, 512)))
        .await;
    let set = studio
        .save_set(&style, &["wide.png", "boat 1.png", "boat 0.png"])
        .await;
    let path = format!("/api/styles/{style}/quality");
    let report = studio.get(&format!("{path}?set={set}")).await.expect(200);
    assert_eq!(report["choiceSource"], "default");
    let names = names_of(&report);
    assert_eq!(names, ["wide.png", "boat 1.png", "boat 0.png"]);
    let expected = json!([
        {"width": 512, "height": 512, "images": 2, "short": false},
        {"width": 704, "height": 320, "images": 1, "short": true},
    ]);
    assert_eq!(report["buckets"], expected, "{report}");
    let mut start = run(&style, "v1");
    start["parameters"] = json!({"width": 768, "height": 768, "batch_size": 3});
    studio.post("/api/training/start", &start).await.expect(202);
    let report = studio.get(&path).await.expect(200);
    assert_eq!(report["choiceSource"], "last_run");
    assert_eq!(
        (&report["choice"]["width"], &report["choice"]["batch_size"]),
        (&json!(768), &json!(3))
    );
    let report = studio
        .get(&format!("{path}?width=256&max_bucket_reso=1024"))
        .await
        .expect(200);
    assert_eq!(
        (
            report["choiceSource"].as_str(),
            report["choice"]["height"].as_u64()
        ),
        (Some("asked"), Some(256))
    );
    let problem = studio
        .get(&format!("{path}?width=1024&max_bucket_reso=512"))
        .await
        .expect(200);
    assert!(
        problem["choiceProblem"]
            .as_str()
            .unwrap()
            .contains("max_bucket_reso 512"),
        "{problem}"
    );
    assert_eq!(
        studio
            .get(&format!("{path}?width=0&batch_size=0"))
            .await
            .refused(400),
        ["width", "height", "batch_size"]
    );
    studio.get(&format!("{path}?set=99")).await.refused(404);
}

#[tokio::test]
async fn the_quality_view_is_a_plain_page_with_every_remark_and_its_figure() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    studio
        .put_object(&style, "small.png", &png(&drawn(1, 300, 300)))
        .await;
    measured(&studio, &style).await;
    let page = studio
        .get(&format!("/styles/{style}/data?view=quality"))
        .await;
    assert_eq!(page.status, 200);
    for words in [
        "small.png",
        "is enlarged 1.71 times",
        "Dismiss",
        "512 × 512",
        "1 bad",
    ] {
        assert!(page.text.contains(words), "{words}");
    }
}
