//! The quality view as a plain page: which rows its table shows, its ways on, and what is in no bucket.

use super::*;

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).expect("a picture");
    file.into_inner()
}

async fn view(studio: &TestStudio, style: &str, query: &str) -> String {
    let path = format!("/styles/{style}/data?view=quality{query}");
    let page = studio.get(&path).await;
    assert_eq!(page.status, 200, "{path}");
    page.text
}

/// Rows of the table.
fn rows(page: &str) -> usize {
    page.matches("class=\"quality__thumb\"").count()
}

/// Where an image stands in the table.
fn place(page: &str, name: &str) -> Option<usize> {
    let (_, table) = page.split_once("class=\"quality__table\"")?;
    table.find(&format!("image={name}\""))
}

#[tokio::test]
async fn the_table_goes_on_by_links_in_the_order_of_the_grid() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    let picture = png(&RgbImage::new(8, 8));
    for n in 0..302 {
        let name = format!("p{n}.png");
        studio.put_object(&style, &name, &picture).await;
    }
    let path = format!("/api/styles/{style}/quality");
    let report = studio.get(&path).await.expect(200);
    let names = names_of(&report);
    assert_eq!(names[..4], ["p0.png", "p1.png", "p2.png", "p3.png"]);
    let first = view(&studio, &style, "").await;
    assert_eq!(rows(&first), 300);
    assert!(first.contains("1 to 300 of 302"));
    assert!(first.contains("view=quality&amp;page=300#quality-images"));
    let second = view(&studio, &style, "&page=300").await;
    assert_eq!(rows(&second), 2);
    assert!(second.contains("301 to 302 of 302"));
    assert!(place(&second, "p301.png").is_some() && place(&second, "p0.png").is_none());
}

#[tokio::test]
async fn what_the_trainer_passes_over_or_stops_on_is_in_no_bucket_and_cannot_be_dismissed() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    let (wide, high) = ((700, 500), (500, 700));
    let (jpg, gif) = (ImageFormat::Jpeg, ImageFormat::Gif);
    for (seed, name, (width, height), format) in [
        (1, "a.jpg", wide, jpg),
        (2, "B.Jpg", wide, jpg),
        (3, "c.gif", high, gif),
        (4, "d.jpg", high, jpg),
        (5, "e.jpg", (512, 512), jpg),
        (6, "f.jpg", (512, 512), jpg),
    ] {
        let file = encoded(&drawn(seed, width, height), format);
        studio.put_object(&style, name, &file).await;
    }
    let cut = jpeg(&drawn(7, 512, 512));
    studio
        .put_object(&style, "cut.jpg", &cut[..cut.len() / 2])
        .await;
    let page = measured(&studio, &style).await;
    assert_eq!(image(&page, "B.Jpg")["bucket"], Value::Null);
    let problem = image(&page, "cut.jpg")["problem"].as_str().unwrap();
    assert!(problem.contains("is cut off"), "{problem}");
    let path = format!("/api/styles/{style}/quality");
    let report = studio.get(&path).await.expect(200);
    let expected = json!([
        {"width": 448, "height": 576, "images": 1, "short": true},
        {"width": 512, "height": 512, "images": 2, "short": false},
        {"width": 576, "height": 448, "images": 1, "short": true},
    ]);
    assert_eq!(report["buckets"], expected);
    let page = view(&studio, &style, "").await;
    for words in [
        "In no bucket: 2 images are passed over by the trainer, 1 image stops it.",
        "none: passed over",
        "none: the trainer stops",
    ] {
        assert!(page.contains(words), "{words}");
    }
    for (name, code) in [("B.Jpg", "extension"), ("cut.jpg", "unreadable")] {
        assert!(!page.contains(&format!("dismiss-{code}-{name}")), "{name}");
        let path = format!("/api/styles/{style}/images/{name}/quality");
        let put = |dismissed: bool| {
            let body = json!({"code": code, "dismissed": dismissed});
            studio.send(studio.request(Method::PUT, &path).json(&body))
        };
        assert_eq!(put(true).await.refused(400), ["code"]);
        assert_eq!(put(false).await.expect(200)["state"], "bad");
    }
}

#[tokio::test]
async fn a_bucket_leads_to_its_images_and_another_size_keeps_the_rows_chosen() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    for (seed, name, (width, height)) in [
        (1, "square.png", (512, 512)),
        (2, "small.png", (300, 300)),
        (3, "wide.png", (1_024, 512)),
    ] {
        let file = png(&drawn(seed, width, height));
        studio.put_object(&style, name, &file).await;
    }
    measured(&studio, &style).await;
    let all = view(&studio, &style, "&show=bad&order=state").await;
    let link = "show=bad&amp;order=state&amp;bucket=704x320#quality-images";
    assert!(all.contains(link), "{all}");
    let one = view(&studio, &style, "&bucket=704x320").await;
    assert_eq!(rows(&one), 1);
    assert!(one.contains("Only bucket 704 × 320") && one.contains("All (1)"));
    let form = all.split("class=\"quality__settings\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    for (name, value) in [("show", "bad"), ("order", "state")] {
        let field = format!("type=\"hidden\" name=\"{name}\" value=\"{value}\"");
        assert!(form.contains(&field), "{field}: {form}");
    }
    let named = view(&studio, &style, "&filenames%5B%5D=small.png").await;
    assert_eq!(rows(&named), 1);
    assert!(named.contains("name=\"filenames[]\" value=\"small.png\""));
    // the worst first
    let by_state = view(&studio, &style, "&order=state").await;
    assert!(place(&by_state, "small.png") < place(&by_state, "square.png"));
    assert!(place(&by_state, "square.png") < place(&by_state, "wide.png"));
}

#[tokio::test]
async fn a_smart_set_is_judged_as_it_is_now() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    let file = png(&drawn(1, 512, 512));
    studio.put_object(&style, "boat 1.png", &file).await;
    let draft = json!({"name": "Boats", "filter": "boat"});
    let path = format!("/api/styles/{style}/selection-sets");
    let made = studio.post(&path, &draft).await.expect(201);
    let set = &made["set"]["id"];
    studio.put_object(&style, "boat 2.png", &file).await;
    let path = format!("/api/styles/{style}/quality?set={set}");
    let report = studio.get(&path).await.expect(200);
    assert_eq!(report["images"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["buckets"][0]["images"], 2);
}

#[tokio::test]
async fn no_page_asks_for_a_thumbnail_of_what_is_known_to_be_no_picture() {
    let studio = TestStudio::start().await;
    let style = empty_style(&studio).await;
    let file = png(&drawn(1, 512, 512));
    studio
        .put_object(&style, "cut.png", &file[..file.len() / 2])
        .await;
    studio.put_object(&style, "whole.png", &file).await;
    measured(&studio, &style).await;
    for query in [
        "",
        "?view=quality",
        "?confirm=delete&filenames%5B%5D=cut.png&filenames%5B%5D=whole.png",
    ] {
        let page = studio.get(&format!("/styles/{style}/data{query}")).await;
        let source = |name: &str| format!("src=\"/api/styles/{style}/images/{name}/thumbnail");
        assert!(!page.text.contains(&source("cut%2Epng")), "{query}");
        assert!(page.text.contains(&source("whole%2Epng")), "{query}");
    }
}
