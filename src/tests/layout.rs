//! Who may import whom (README, *Rooms*): reads the sources and fails with the room's rule as its message.
//!
//! Sees every path in the code, in `use` lines and elsewhere; comments, strings and tests are left out. It is no compiler: names
//! brought in by `use crate::styles` are judged where they are used (`styles::ui::…`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Features, each with those it may use.
const FEATURES: [(&str, &[&str]); 6] = [
    ("styles", &[]),
    ("dataset", &["styles"]),
    ("tunnel", &[]),
    ("access", &[]),
    ("training", &["dataset", "styles", "tunnel"]),
    (
        "library",
        &["training", "dataset", "styles", "tunnel", "access"],
    ),
];
const LAYERS: [&str; 4] = ["model", "api", "server", "ui"];

/// Widgets of a feature below that a page of another one shows.
const WIDGETS: [(&str, &str); 1] = [
    // the webhook's panel is part of the Train page
    ("training", "tunnel::ui::TunnelPanel"),
];

const MODEL: &str = "`model` is pure and on both targets: std without I/O and clocks, serde, thiserror, models of features below (utoipa only inside cfg_attr)";
const API: &str = "`api` is a server function's signature and one call: own model and server, models of features below, crate::error, leptos";
const UI: &str = "`ui` uses own model and api, models of features below, crate::ui, crate::error; never a server, another feature's ui or api (link by URL)";
const SERVER: &str = "a feature's `server` uses own model, model and server of features below, crate::server, crate::error; never leptos, ui, api";
const SHARED: &str = "crate::server, crate::ui and rehearsal know no feature; only router.rs and serve.rs mount them";
const UPWARDS: &str =
    "features point one way: library -> training -> dataset -> styles, training -> tunnel";

/// A source file: its path below `src`, its module path and its code without comments, strings and tests.
struct Source {
    file: String,
    module: Vec<String>,
    code: String,
    whole: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let file = path
                .strip_prefix(&root)
                .expect("below src")
                .display()
                .to_string();
            let is_test = file.contains("tests/") || file.ends_with("tests.rs");
            if file.ends_with(".rs") && !is_test {
                found.push(source(file, &fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found
}

fn source(file: String, text: &str) -> Source {
    let module = file
        .trim_end_matches(".rs")
        .split('/')
        .filter(|s| *s != "mod")
        .map(str::to_owned);
    let whole = without_tests(text);
    Source {
        module: module.collect(),
        code: without_comments_and_strings(&whole),
        whole,
        file,
    }
}

/// Inline test modules close a file; a `mod tests;` elsewhere is one line.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            match lines.next() {
                Some(next) if next.trim_end().ends_with('{') => break,
                _ => continue,
            }
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("#[cfg_attr(") {
            rest.find("]\n").map_or(rest.len(), |at| at + 1)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |at| at + 5)
        } else if c == '"' {
            end_of_string(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every path of two or more words, groups spelled out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(is_word) {
        rest = read_path(&rest[at..], &[], &mut found);
    }
    found.retain(|path| path.len() > 1);
    found
}

/// Reads one path at the start of `text`; gives what follows it.
fn read_path<'a>(text: &'a str, prefix: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let mut path = prefix.to_vec();
    path.push(text[..end].to_owned());
    let rest = &text[end..];
    let Some(after) = rest.strip_prefix("::") else {
        found.push(path);
        return rest;
    };
    if let Some(group) = after.strip_prefix('{') {
        return read_group(group, &path, found);
    }
    if after.starts_with(is_word) {
        return read_path(after, &path, found);
    }
    found.push(path);
    after
}

fn read_group<'a>(mut rest: &'a str, path: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return rest;
        }
        if let Some(after) = rest.strip_prefix('}') {
            return after;
        }
        if rest.starts_with(is_word) {
            rest = read_path(rest, path, found);
        } else {
            // `*` or `as _`
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
        }
    }
}

/// Where a path leads: from the crate's root, or a third-party crate's name and what follows.
fn resolved(source: &Source, path: &[String]) -> Vec<String> {
    let first = path[0].as_str();
    if first == "crate" {
        return path[1..].to_vec();
    }
    // a module of the room's own that is called like a feature
    if source.module[0] == "rehearsal" && first == "dataset" {
        return [&source.module[..], path].concat();
    }
    let supers = path.iter().take_while(|word| *word == "super").count();
    if supers > 0 && supers <= source.module.len() {
        let above = &source.module[..source.module.len() - supers];
        return [above, &path[supers..]].concat();
    }
    path.to_vec()
}

/// Crates of Cargo.toml as code spells them, without those that every room may use.
fn third_party() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .expect("Cargo.toml");
    let section = manifest
        .split("\n[dependencies]\n")
        .nth(1)
        .expect("dependencies");
    let section = section.split("\n[").next().expect("a section");
    let names = section.lines().filter_map(|line| {
        line.split_once(" = ")
            .map(|(name, _)| name.replace('-', "_"))
    });
    names
        .filter(|name| !matches!(name.as_str(), "serde" | "thiserror"))
        .collect()
}

/// The rule a path breaks, if it breaks one.
fn broken_rule(source: &Source, target: &[String], crates: &[String]) -> Option<&'static str> {
    let word = |at: usize| target.get(at).map_or("", String::as_str);
    let room = source.module[0].as_str();
    let (first, second) = (word(0), word(1));
    let feature_of = |name: &str| FEATURES.iter().find(|(feature, _)| *feature == name);
    let Some((_, below)) = feature_of(room) else {
        return shared_room(source, first, second);
    };
    let layer = source.module.get(1).map_or("", String::as_str);
    let rule = match layer {
        "model" => MODEL,
        "api" => API,
        "ui" => UI,
        "server" => SERVER,
        _ => return None,
    };
    let own = first == room;
    if feature_of(first).is_some() && !own && !below.contains(&first) {
        return Some(UPWARDS);
    }
    let is_layer = LAYERS.contains(&second);
    // the top feature puts pages together from what those below offer
    let is_top = room == "library";
    let path = target.join("::");
    let composes = second == "ui" && (is_top || WIDGETS.contains(&(room, path.as_str())));
    let allowed = match (layer, first) {
        ("model", _) if crates.iter().any(|name| name == first) => false,
        ("model", "std") => {
            let is_io = matches!(second, "fs" | "net" | "env" | "process" | "io" | "thread");
            let is_clock = second == "time" && matches!(word(2), "SystemTime" | "Instant");
            !is_io && !is_clock
        }
        ("model", "server" | "ui" | "error" | "rehearsal" | "app") => false,
        ("model", name) if feature_of(name).is_some() => !is_layer || second == "model",
        ("api", "server") => second == "state",
        ("api", "rehearsal" | "ui" | "app") => false,
        ("api", name) if crates.iter().any(|c| c == name) => {
            name.starts_with("leptos") || matches!(name, "http" | "tokio")
        }
        ("api", name) if feature_of(name).is_some() => {
            let of_its_own = own && matches!(second, "server" | "api");
            !is_layer || second == "model" || of_its_own || (second == "server" && is_top)
        }
        ("ui", "server" | "rehearsal" | "app") => false,
        ("ui", name) if feature_of(name).is_some() => {
            !is_layer || second == "model" || (own && second != "server") || composes
        }
        ("server", "ui" | "rehearsal" | "app") => false,
        ("server", name) if name.starts_with("leptos") => false,
        ("server", name) if feature_of(name).is_some() => {
            !is_layer || matches!(second, "model" | "server")
        }
        _ => true,
    };
    (!allowed).then_some(rule)
}

fn shared_room(source: &Source, first: &str, second: &str) -> Option<&'static str> {
    let room = source.module[0].as_str();
    let is_feature = FEATURES.iter().any(|(feature, _)| *feature == first);
    let mounts = matches!(source.file.as_str(), "server/router.rs" | "server/serve.rs");
    let broken = match room {
        "server" => !mounts && (is_feature || matches!(first, "rehearsal" | "app" | "ui")),
        "rehearsal" => {
            is_feature
                || matches!(first, "app" | "ui")
                || (first == "server" && !matches!(second, "config" | "s3"))
        }
        "ui" => is_feature || matches!(first, "app" | "server" | "rehearsal"),
        _ => false,
    };
    // `crate::server::…` of a relative path inside the room is the room itself
    (broken && first != room).then_some(SHARED)
}

#[test]
fn every_room_imports_only_what_its_rule_allows() {
    let crates = third_party();
    let mut broken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for path in paths(&source.code) {
            let target = resolved(&source, &path);
            if let Some(rule) = broken_rule(&source, &target, &crates) {
                broken.entry(rule).or_default().push(format!(
                    "src/{} uses {}",
                    source.file,
                    path.join("::")
                ));
            }
        }
    }
    let message: Vec<String> = broken
        .iter()
        .map(|(rule, uses)| format!("{rule}:\n  {}", uses.join("\n  ")))
        .collect();
    assert!(broken.is_empty(), "\n{}", message.join("\n"));
}

#[test]
fn only_settle_ends_a_version() {
    for source in sources() {
        let file = source.file.as_str();
        let gives_a_status = source.code.contains(".status = Status::");
        assert!(
            !gives_a_status || file == "training/model/version.rs",
            "src/{file} gives a version its status; only TrainingVersion::apply does"
        );
        let applies = source.module[0] == "training" && source.code.contains("version.apply(");
        assert!(
            !applies || file == "training/server/settle.rs",
            "src/{file} applies a report; only settle() does"
        );
    }
}

#[test]
fn text_in_a_text_area_ends_nowhere_else() {
    for source in sources().iter().filter(|s| s.file != "ui/textarea.rs") {
        for area in source.whole.split("<textarea").skip(1) {
            let area = area.split("</textarea>").next().unwrap_or_default();
            assert!(
                area.trim_end().ends_with('>') || area.contains("textarea_content("),
                "src/{} writes text into a <textarea>, which the server does not escape: use crate::ui::textarea_content",
                source.file
            );
        }
    }
}

#[test]
fn foreign_json_stops_at_its_one_file() {
    // a key of the foreign format, and where it is read
    let keys = [
        ("\"delayTime\"", &["server/runpod.rs"][..]),
        ("\"executionTime\"", &["server/runpod.rs"]),
        ("\"IN_PROGRESS\"", &["server/runpod.rs"]),
        ("\"inQueue\"", &["server/runpod.rs"]),
        ("\"model_info\"", &["training/server/outcome.rs"]),
        (
            "\"public_url\"",
            &["server/ngrok/api.rs", "server/ngrok/log.rs"],
        ),
        ("\"selectionSetId\"].", &["training/server/versions.rs"]),
        ("webhookTokenSha256", &["training/server/versions.rs"]),
        ("idempotencyKeySha256", &["training/server/versions.rs"]),
    ];
    for source in sources().into_iter().filter(|s| s.module[0] != "rehearsal") {
        for (key, files) in keys {
            let known = files.contains(&source.file.as_str());
            assert!(
                known || !source.whole.contains(key),
                "src/{} reads {key}, which is {files:?}'s",
                source.file
            );
        }
    }
}

#[test]
fn the_reader_of_this_test_sees_groups_relative_paths_and_no_comments() {
    let text = "use crate::{a::b, c::{d, e::F}};\nuse super::super::ui::X; // crate::hidden::x\nlet s = \"crate::text::y\"; g::h();\n";
    let source = source("training/server/x.rs".into(), text);
    let seen: Vec<String> = paths(&source.code)
        .iter()
        .map(|p| resolved(&source, p).join("::"))
        .collect();
    assert_eq!(seen, ["a::b", "c::d", "c::e::F", "training::ui::X", "g::h"]);
}
