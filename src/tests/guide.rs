//! The guide: every topic is there without JavaScript, and whatever leads to it arrives.

use super::studio::{TestStudio, run};
use crate::dataset::model::caption_checks::CaptionCode;
use crate::dataset::model::quality::QualityCode;
use crate::training::model::guide::{of_caption, of_check, of_remark};
use crate::training::model::parameters::{PARAMETERS, markdown, node_class};
use crate::training::model::plan::Remark;
use crate::training::model::preflight::Check;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const TOPICS: [&str; 9] = [
    "training",
    "images",
    "captions",
    "selection-sets",
    "before-paying",
    "parameters",
    "storage",
    "runpod",
    "webhook",
];

/// Every page of the guide by its address.
async fn pages(studio: &TestStudio) -> BTreeMap<String, String> {
    let addresses = TOPICS.map(|topic| format!("/guide/{topic}"));
    let mut pages = BTreeMap::new();
    for address in addresses.into_iter().chain(["/guide".to_owned()]) {
        let page = studio.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        pages.insert(address, page.text);
    }
    pages
}

#[track_caller]
fn arrives(pages: &BTreeMap<String, String>, link: &str) {
    let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
    let text = pages
        .get(page)
        .unwrap_or_else(|| panic!("{link} leads to no page of the guide"));
    let id = format!("id=\"{anchor}\"");
    assert!(
        anchor.is_empty() || text.contains(&id),
        "{link}: there is no {id}"
    );
}

/// What stands between `before` and the next double quote, wherever it occurs.
fn quoted<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split('"').next())
}

#[tokio::test]
async fn each_topic_is_whole_with_one_heading_and_links_that_arrive() {
    let studio = TestStudio::start().await;
    let pages = pages(&studio).await;
    for (address, text) in &pages {
        assert_eq!(text.matches("<h1").count(), 1, "{address}");
        let ids: Vec<&str> = quoted(text, " id=\"").collect();
        let unique: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{address} has an anchor twice");
        for link in quoted(text, "href=\"/guide") {
            arrives(&pages, &format!("/guide{link}"));
        }
        for anchor in quoted(text, "href=\"#") {
            arrives(&pages, &format!("{address}#{anchor}"));
        }
    }
    assert_eq!(studio.get("/guide/nothing").await.status, 404);
    let storage = &pages["/guide/storage"];
    for word in [
        "put-bucket-cors",
        "AllowedOrigins",
        "s3_put",
        "cors_allow_origin",
    ] {
        assert!(storage.contains(word), "{word}");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_field_and_error_leads_to_its_place() {
    let studio = TestStudio::start().await;
    let pages = pages(&studio).await;
    for parameter in PARAMETERS {
        arrives(&pages, &format!("/guide/parameters#{}", parameter.name));
        let remark = Remark::new(Some(parameter.name), "invalid", "");
        let place = of_remark(&remark).expect("a place");
        assert_eq!(place, format!("/guide/parameters#{}", parameter.name));
    }
    for code in QualityCode::ALL {
        arrives(&pages, &format!("/guide/images#{}", code.as_str()));
    }
    for code in CaptionCode::ALL {
        arrives(&pages, &format!("/guide/captions#{}", code.as_str()));
    }
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut links = 0;
    for file in files.iter().filter(|f| !f.ends_with("tests/guide.rs")) {
        let text = std::fs::read_to_string(file).expect("text");
        // those made of a name are asked for by the name
        for link in quoted(&text, "\"/guide").filter(|link| !link.contains(['{', ':'])) {
            arrives(&pages, &format!("/guide{link}"));
            links += 1;
        }
        for code in quoted(&text, "Remark::new(None, \"") {
            let place = of_remark(&Remark::new(None, code, "")).unwrap_or_else(|| panic!("{code}"));
            arrives(&pages, &place);
        }
    }
    assert!(links > 8, "only {links} links were found");
}

#[tokio::test]
async fn every_problem_of_a_run_has_its_place_in_the_guide() {
    let studio = TestStudio::start().await;
    let pages = pages(&studio).await;
    let style = studio.ready_style(8).await;
    let write = async |name: &str, bytes: &[u8]| studio.put_object(&style, name, bytes).await;
    write("boat 0.txt", b"").await;
    write("boat 1.txt", b" \n").await;
    write("boat 2.txt", b"\nbelow").await;
    write("boat 3.txt", b"one\ntwo").await;
    write("boat 4.txt", b"caf\xe9").await;
    write("boat 5.txt", "\u{feff}ink a boat".as_bytes()).await;
    write("boat 6.png", b"no picture").await;
    let mut body = run(&style, "V1");
    body["parameters"] = serde_json::json!({"max_train_steps": 9, "lr_warmup_steps": 10, "learning_rate": 0.01, "class_tokens": " ink\nblue ", "network_dim": 200});
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    let mut codes = BTreeSet::new();
    for row in preview["captions"].as_array().expect("captions") {
        for problem in row["problems"].as_array().expect("problems") {
            codes.insert(problem["code"].as_str().expect("a code").to_owned());
            let problem = serde_json::from_value(problem.clone()).expect("a problem");
            arrives(&pages, &of_caption(&problem));
        }
    }
    assert!(codes.len() >= 6, "{codes:?}");
    let both = [&preview["problems"], &preview["warnings"]];
    let remarks = both
        .into_iter()
        .flat_map(|list| list.as_array().expect("a list"));
    let mut told = 0;
    for remark in remarks {
        let remark: Remark = serde_json::from_value(remark.clone()).expect("a remark");
        let place = of_remark(&remark).unwrap_or_else(|| panic!("{remark:?} leads nowhere"));
        arrives(&pages, &place);
        told += 1;
    }
    assert!(told >= 8, "only {told} remarks");
    let path = format!("/api/styles/{style}/preflight?set=1");
    let checks = studio.get(&path).await.expect(200);
    let server: Vec<Check> = serde_json::from_value(checks["checks"].clone()).expect("checks");
    let form = ["captions", "name", "settings", "cost"].map(|id| Check::green(id, ""));
    for check in server.iter().chain(&form) {
        arrives(&pages, &of_check(check));
    }
}

#[tokio::test]
async fn the_guide_names_the_bounds_of_the_code() {
    use crate::training::model::loops::CHECKPOINTS_MAX;
    let studio = TestStudio::start().await;
    let before_paying = studio.get("/guide/before-paying").await.text;
    let bound = format!("more than {CHECKPOINTS_MAX} files");
    assert!(before_paying.contains(&bound), "{bound}");
    let training = studio.get("/guide/training").await.text;
    assert!(training.contains("a little more than twice the price"));
}

#[tokio::test]
async fn the_reference_names_the_node_that_receives_a_value() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let preview = studio
        .post("/api/training/preview", &run(&style, "V1"))
        .await;
    let preview = preview.expect(200);
    let workflow = &preview["request"]["input"]["workflow"];
    for parameter in PARAMETERS {
        for (node, input) in parameter.feeds {
            let at = format!("{}: {node}.{input}", parameter.name);
            assert_eq!(workflow[node]["class_type"], node_class(node), "{at}");
            assert!(workflow[node]["inputs"].get(input).is_some(), "{at}");
        }
    }
}

#[test]
fn the_readme_holds_the_table_of_parameters() {
    const START: &str = "<!-- parameters: written by `make parameters` -->\n";
    const END: &str = "<!-- end of parameters -->\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("README.md");
    let (before, rest) = readme.split_once(START).expect("the table's beginning");
    let (_, after) = rest.split_once(END).expect("the table's end");
    let wanted = format!("{before}{START}\n{}\n{END}{after}", markdown());
    if std::env::var_os("WRITE_README").is_some() {
        std::fs::write(path, wanted).expect("README.md can be written");
        return;
    }
    assert!(
        readme == wanted,
        "README's parameters are not those of the code: run `make parameters`"
    );
}
