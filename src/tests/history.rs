//! The history of a style and the path above a version's page, as the server sends them.

use super::studio::TestStudio;
use serde_json::json;

/// Where each text stands on a page; all must be there.
fn places(page: &str, texts: &[&str]) -> Vec<usize> {
    let place = |text: &&str| page.find(text).unwrap_or_else(|| panic!("no {text:?}"));
    texts.iter().map(place).collect()
}

async fn page(studio: &TestStudio, path: &str) -> String {
    let answer = studio.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    // what the browser is given to begin with is no part of what is shown
    let shown = answer.text.split("</main>").next();
    shown.unwrap_or_default().to_owned()
}

/// A style with two imported versions of 2025, the older on top of the file.
async fn with_imported(studio: &TestStudio) -> String {
    let style = studio.ready_style(2).await;
    let version = |id: &str, name: &str, timestamp: &str| json!({"id": id, "name": name, "status": "completed", "parameters": {}, "timestamp": timestamp});
    let versions = json!({"versions": [
        version("7f3a-e1", "Spring", "2025-04-01T10:00:00.000Z"),
        version("7f3b-e1", "Autumn", "2025-10-01T10:00:00.000Z"),
    ]});
    let path = format!("/api/styles/{style}/training-versions");
    studio.post(&path, &versions).await.expect(200);
    style
}

#[tokio::test]
async fn the_newest_run_stands_above_imported_ones_also_on_the_styles_card() {
    let studio = TestStudio::start().await;
    let style = with_imported(&studio).await;
    let grid = page(&studio, "/").await;
    assert!(grid.contains("Autumn") && !grid.contains("Spring"));
    studio.start_run(&style, "Today").await.expect(202);
    let history = page(&studio, &format!("/styles/{style}/versions")).await;
    let places = places(&history, &[">Today<", ">Autumn<", ">Spring<"]);
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn runs_of_a_sweep_stand_together_under_a_line_that_leads_to_it() {
    let studio = TestStudio::start().await;
    let style = with_imported(&studio).await;
    let sweep = json!({
        "styleId": style, "selectionSetId": 1, "name": "V1", "parameters": {"max_train_steps": 40},
        "vary": [{"parameter": "network_dim", "values": [4, 8]}],
    });
    let made = studio
        .post("/api/training/sweeps", &sweep)
        .await
        .expect(202);
    let id = made["sweep"]["id"].as_str().expect("an id").to_owned();
    studio.start_run(&style, "Alone").await.expect(202);
    let history = page(&studio, &format!("/styles/{style}/versions?sort=name")).await;
    let list = &history[places(&history, &["<ol class=\"version-list"])[0]..];
    let link = format!("href=\"#{id}\">Sweep V1<");
    let order = [
        ">Alone<",
        ">Autumn<",
        ">Spring<",
        &link,
        "0 of 2 finished",
        ">V1-r4<",
        ">V1-r8<",
    ];
    let at = places(list, &order);
    assert!(at.is_sorted(), "{at:?}");
    // the filter decides what stands under the line, not how far the sweep is
    let filtered = page(&studio, &format!("/styles/{style}/versions?q=r8")).await;
    let list = &filtered[places(&filtered, &["<ol class=\"version-list"])[0]..];
    assert!(list.contains("0 of 2 finished") && !list.contains(">V1-r4<"));
    let train = page(&studio, &format!("/styles/{style}/train")).await;
    assert!(train.contains(&format!("/styles/{style}/versions#{id}\">Sweep V1<")));
}

#[tokio::test]
async fn path_and_title_of_a_versions_page_say_its_name() {
    let studio = TestStudio::start().await;
    let style = with_imported(&studio).await;
    let path = format!("/styles/{style}/versions/7f3b-e1");
    let whole = studio.get(&path).await.text;
    assert!(whole.contains("<title>Autumn completed · ActorMaker</title>"));
    let path = whole.split("class=\"crumbs\"").nth(1).expect("a path");
    let path = path.split("</nav>").next().unwrap_or_default();
    assert!(path.contains("aria-current=\"page\">Autumn<"), "{path}");
    let unknown = studio.get(&format!("/styles/{style}/versions/none")).await;
    assert_eq!(unknown.status, 404);
}
