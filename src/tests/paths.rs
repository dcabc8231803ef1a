//! Names from outside never reach the file system or a key of the bucket unchecked: traversal, NUL, absolute and Windows names,
//! look-alikes of slashes, encoded once and twice.

use super::fake_runpod::FakeRunpod;
use super::studio::TestStudio;
use crate::styles::model::{StyleId, folder_name};
use crate::training::model::version::is_version_id;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What must be refused as an id of anything, and as a file's name unless it is only odd.
const HOSTILE: [&str; 22] = [
    "..",
    ".",
    "../x.png",
    "../../data/styles_registry.json",
    "..\\..\\x.png",
    "/etc/passwd",
    "a/b.png",
    "a\\b.png",
    "C:\\x.png",
    "\\\\server\\share\\x.png",
    "x.png\0.txt",
    "\0",
    "x\n.png",
    "x\r\ny: z.png",
    ".env",
    ".hidden.png",
    "%2e%2e%2fx.png",
    "..%2fx.png",
    "%00.png",
    "x\u{7f}.png",
    "",
    "../",
];

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Every file and folder below, without what is written all the time.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            found.push(entry.path());
            if entry.path().is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn hostile_names_are_refused_on_every_route_and_leave_no_trace() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(1).await;
    let home = studio.folder().parent().expect("a folder").to_owned();
    let outside = || tree(&home.join("folder"));
    let (before, objects) = (outside(), studio.state.s3.list("").await.expect("a list"));
    for hostile in HOSTILE {
        for name in [encoded(hostile), encoded(&encoded(hostile))] {
            let paths = [
                format!("/api/styles/{name}"),
                format!("/api/styles/{name}/images"),
                format!("/api/styles/{name}/images/boat%200.png"),
                format!("/api/styles/{name}/training-versions"),
                format!("/api/styles/{style}/images/{name}"),
                format!("/api/styles/{style}/images/{name}/thumbnail"),
                format!("/api/styles/{style}/images/{name}/caption"),
                format!("/api/styles/{style}/selection-sets/{name}"),
                format!("/api/styles/{style}/training-versions/{name}/events"),
                format!("/api/styles/{style}/training-versions/{name}/snapshot"),
                format!("/api/styles/{style}/training-versions/{name}/download"),
                format!("/api/styles/{style}/training-versions/{name}/recheck"),
            ];
            for path in paths {
                // an empty name is another route
                if path.contains("//") || path.ends_with("/styles/") || path.ends_with("images/") {
                    continue;
                }
                for method in [Method::GET, Method::DELETE, Method::POST] {
                    let answer = studio.send(studio.request(method.clone(), &path)).await;
                    let status = answer.status;
                    assert!((400..500).contains(&status), "{method} {path}: {status}");
                    assert!(
                        !answer.text.contains("root:") && !answer.text.contains("ADMIN"),
                        "{path}"
                    );
                }
            }
        }
        let files = json!({"files": [{"filename": hostile, "sizeBytes": 9}]});
        let tickets = studio
            .post(&format!("/api/styles/{style}/uploads"), &files)
            .await;
        let is_a_name = crate::dataset::model::image::check_new_name(hostile).is_ok();
        assert!(
            is_a_name || tickets.status == 400 || tickets.text.contains("\"uploads\":[]"),
            "{hostile:?}"
        );
        let set = json!({"filenames": [hostile]});
        let sets = format!("/api/styles/{style}/selection-sets");
        if !hostile.starts_with('%') && !hostile.starts_with("..%") && !hostile.starts_with("C:") {
            let answer = studio.post(&sets, &set).await;
            assert!(
                (400..500).contains(&answer.status),
                "{hostile:?}: {}",
                answer.status
            );
        }
        let versions = json!({"versions": [{"id": hostile, "name": "x"}]});
        let import = format!("/api/styles/{style}/training-versions");
        assert_eq!(
            studio.post(&import, &versions).await.status,
            400,
            "{hostile:?}"
        );
    }
    assert_eq!(studio.state.s3.list("").await.expect("a list"), objects);
    assert_eq!(outside(), before);
}

#[test]
fn no_title_and_no_id_makes_a_folder_that_is_not_one_plain_name() {
    let titles =
        HOSTILE
            .into_iter()
            .chain(["∕⁄／＼", "CON", "nul.txt", "．．", "a\u{202e}gnp", "𝔞"]);
    for title in titles {
        for id in ["1", "x-y_Z", "CON"] {
            let id = StyleId::parse(id).expect("an id");
            let folder = folder_name(&id, title);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            assert!(folder.chars().all(is_plain), "{title:?}: {folder}");
        }
    }
    for hostile in HOSTILE
        .into_iter()
        .chain(["∕", "／", "．．", "１", "a b", "é"])
    {
        assert!(StyleId::parse(hostile).is_err(), "{hostile:?}");
        let is_a_hidden_or_a_path =
            hostile.starts_with('.') || hostile.contains(['/', '\\', '\0', '%']);
        assert!(
            !is_a_hidden_or_a_path || !is_version_id(hostile),
            "{hostile:?}"
        );
    }
}

#[tokio::test]
async fn a_planted_address_is_never_fetched_and_never_a_link() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(1).await;
    let bucket = studio.state.s3.bucket().to_owned();
    for (n, planted) in [
        "javascript:alert(1)".to_owned(),
        "file:///etc/passwd".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        "https://evil.example/model.safetensors".into(),
        "s3://another-bucket/model.safetensors".into(),
        format!("https://evil.example/{bucket}/model.safetensors"),
    ]
    .into_iter()
    .enumerate()
    {
        studio.start_run(&style, &format!("V{n}")).await.expect(202);
        let (id, sent) = runpod.jobs().pop().expect("a job");
        let body = json!({"id": id, "status": "COMPLETED", "output": {"status": "success", "loraUrl": planted}});
        assert_eq!(studio.deliver(&sent, &body).await.status, 200, "{planted}");
        let version = studio.versions(&style).await[0].clone();
        let page = format!(
            "/styles/{style}/versions/{}",
            version["id"].as_str().expect("an id")
        );
        let html = studio.get(&page).await.text;
        assert!(!html.contains(&format!("href=\"{planted}\"")), "{planted}");
        assert!(!html.contains("src=\"javascript") && !html.contains("href=\"javascript"));
        let download = format!(
            "/api/styles/{style}/training-versions/{}/download",
            version["id"].as_str().expect("an id")
        );
        let answer = studio.get(&download).await;
        assert!(
            matches!(answer.status, 404 | 409),
            "{planted}: {}",
            answer.status
        );
    }
}
