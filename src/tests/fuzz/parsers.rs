//! One attack per parser of bytes or text.

use super::attack;
use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::filter::{Filter, sort::Sort};
use crate::dataset::model::header::{self, MAX_PIXELS, TAIL_BYTES, Unread};
use crate::dataset::model::image::{TrainingImage, check_name};
use crate::dataset::model::{archive, upload};
use crate::dataset::unzip;
use crate::server::agent::{Heard, Program};
use crate::server::cloudflared::Cloudflared;
use crate::server::ngrok::Ngrok;
use crate::server::runpod::Job;
use crate::training::model::captions::{CaptionSettings, ImageFile, as_trained, rows};
use crate::training::server::lora_head::{self, Opening};
use crate::training::server::{outcome, settings_file, webhook};
use std::collections::BTreeMap;
use std::io::Cursor;

const JOB: [&str; 12] = [
    "\"COMPLETED\"",
    "\"FAILED\"",
    "\"IN_PROGRESS\"",
    "\"TIMED_OUT\"",
    "\"id\":",
    "\"status\":",
    "\"output\":",
    "\"error\":\"{\\\"error_message\\\":\\\"x\\\"}\"",
    "\"job_id\":",
    "null",
    "[]",
    "{}",
];

/// The kind of an answer without what it holds.
fn kind(answer: impl std::fmt::Debug) -> String {
    let text = format!("{answer:?}");
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    text[..end].to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_webhooks_body() {
    attack("webhook", &JOB, |bytes| {
        match webhook::Message::parse(bytes) {
            Ok(message) => kind(message.report),
            Err(error) => error.message,
        }
    });
}

#[test]
fn runpods_answer_about_a_job() {
    attack("status", &JOB, |bytes| {
        let Ok(value) = serde_json::from_slice(bytes) else {
            return "no JSON".into();
        };
        Job::parse(&value).map_or("no job".into(), |job| {
            format!("{} {}", kind(&job.state), kind(outcome::of_job(&job)))
        })
    });
}

#[test]
fn an_archive() {
    let words = [
        "PK\u{1}\u{2}",
        "PK\u{3}\u{4}",
        "PK\u{5}\u{6}",
        "../x.png",
        "/etc/x.png",
        "a.txt",
    ];
    attack("zip", &words, |bytes| {
        let mut taken = 0u64;
        let take = |path: String, content: Vec<u8>| {
            taken += content.len() as u64;
            assert!(
                !path.starts_with('/') && !path.split('/').any(|part| part == ".."),
                "{path}"
            );
            Ok::<(), ()>(())
        };
        let refused = unzip::unpack("a.zip", Cursor::new(bytes), bytes.len() as u64, take);
        let refused = refused.expect("`take` never fails");
        assert!(taken <= archive::MAX_TOTAL_BYTES);
        format!(
            "{} {}",
            taken > 0,
            refused
                .first()
                .map_or("", |why| why.get(..30).unwrap_or(why))
        )
    });
}

#[test]
fn the_head_of_a_picture() {
    let words = [
        "IHDR",
        "acTL",
        "tRNS",
        "VP8X",
        "VP8L",
        "VP8 ",
        "EXIF",
        "Exif\0\0",
        "NETSCAPE2.0",
        "IEND",
    ];
    attack("picture", &words, |bytes| {
        let size = bytes.len() as u64;
        // also as a stranger's browser sends it: first and last bytes of a file said to be larger
        for said in [size, size + 1, size * 3, u64::MAX] {
            let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES as usize)..];
            for read in [header::read(bytes, tail, said), header::glance(bytes, said)] {
                match read {
                    Ok(header) => {
                        let pixels = u64::from(header.width) * u64::from(header.height);
                        assert!((1..=MAX_PIXELS).contains(&pixels));
                        assert!((1..=8).contains(&header.orientation));
                        let _ = (header.flaws(), header.misnamed("a.png"), header.upright());
                    }
                    Err(Unread::More(more)) => {
                        assert!(more > size && more <= said, "{more} of {said}")
                    }
                    Err(Unread::Unfit(_)) => {}
                }
            }
        }
        match header::read_whole(bytes) {
            Ok(header) => format!("{:?} {:?} {}", header.kind, header.colour, header.animated),
            Err(unfit) => format!("{unfit:?}").chars().take(40).collect(),
        }
    });
}

#[test]
fn the_head_of_a_model() {
    let words = [
        "__metadata__",
        "data_offsets",
        "\"dtype\":\"U8\"",
        "\"shape\":[18446744073709551615]",
        "18446744073709551607",
    ];
    attack("safetensors", &words, |bytes| {
        let size = bytes.len() as u64;
        // also as the first bytes of a file said to be larger
        for said in [size * 3, u64::MAX] {
            if let Opening::More(more) = lora_head::open(bytes, said) {
                assert!(more > size, "{more} of {said}");
            }
        }
        let opening = lora_head::open(bytes, size);
        let _ = opening.facts(size);
        let name = match &opening {
            Opening::Head(_) => "head".to_owned(),
            Opening::Foreign(why) => why.chars().filter(|c| !c.is_ascii_digit()).collect(),
            other => kind(other),
        };
        format!("{name} {}", opening.importable(size).is_ok())
    });
}

#[test]
fn a_caption() {
    let settings = |cached, shuffle_caption| CaptionSettings {
        class_tokens: "style_ink",
        caption_extension: ".txt",
        cached,
        shuffle_caption,
    };
    attack(
        "caption",
        &["style_ink", ", ", "\u{2028}", "\u{1c}"],
        |bytes| {
            let (state, _) = CaptionState::read(Some(bytes));
            for settings in [settings(true, false), settings(false, true)] {
                let trained = as_trained(Some(bytes), &settings);
                if let Ok(trained) = &trained {
                    assert!(settings.shuffle_caption || trained.starts_with("style_ink"));
                }
            }
            let image = ImageFile {
                filename: "a.png",
                size: None,
                unfit: None,
            };
            let files = BTreeMap::from([("a.txt", bytes)]);
            let rows = rows(&[image], &files, &settings(true, false), None);
            let codes: Vec<&str> = rows[0].problems.iter().map(|p| p.code.as_str()).collect();
            format!("{state:?} {codes:?}")
        },
    );
}

#[test]
fn a_settings_file() {
    let words = [
        "[a]\n",
        "= ",
        "- ",
        ": ",
        "&a [*a]",
        "*a",
        "!!binary ",
        "'''",
        "\"\"\"",
        "network_dim",
        "config:\n  process:\n  - ",
    ];
    attack("settings", &words, |bytes| {
        match settings_file::read(&text(bytes), "") {
            Ok(preset) => format!("preset of {}", preset.values.len()),
            Err(error) => error
                .message
                .chars()
                .filter(|c| !c.is_ascii_digit())
                .collect(),
        }
    });
}

#[test]
fn a_filter_and_an_order() {
    let words = [
        "set:",
        "w>=",
        "h<",
        "size>1mb",
        "-missing:caption",
        "words=",
        "\"",
        "-",
        "dup:",
        "-date",
        "name",
    ];
    let image = TrainingImage {
        filename: "İmg (1).png".into(),
        caption: Some("a small boat".into()),
        width: Some(512),
        ..TrainingImage::default()
    };
    attack("filter", &words, |bytes| {
        let typed = text(bytes);
        if let Ok(sort) = Sort::parse(&typed) {
            let cursor = sort.cursor(&image);
            assert!(
                !sort.is_after(&image, &cursor),
                "a page begins after its cursor"
            );
        }
        let _ = Sort::default().is_after(&image, &typed);
        match Filter::parse_typed(&typed) {
            Ok(filter) => format!("{} {:?}", filter.accepts(&image), filter.needs_pixels()),
            Err(why) => kind(why),
        }
    });
}

#[test]
fn a_name_of_a_file() {
    let words = [
        "..", "/", "\\", ":", "\0", ".png", ".txt", "CON", "%2f", "\u{ff0f}", "\u{2215}",
    ];
    attack("name", &words, |bytes| {
        let name = text(bytes);
        let checked = check_name(&name);
        if checked.is_ok() {
            assert!(
                !name.contains(['/', '\\', '\0']) && !name.starts_with('.') && name.len() <= 255
            );
        }
        let _ = (upload::name_of(&name), upload::is_noise(&name));
        kind(checked)
    });
}

#[test]
fn what_tunnel_programs_print() {
    let words = [
        "lvl=eror ",
        "msg=\"started tunnel\" ",
        "url=https://x ",
        "addr=",
        "ERR_NGROK_",
        "INF |  https://",
        "status_code=\"",
        "{\"Host\":\"",
    ];
    let upstream = ([127, 0, 0, 1], 5174).into();
    let ngrok = Ngrok {
        bin: "ngrok".into(),
        authtoken: Some("2abcDEFghiJKLmnoPQRstu".into()),
        url: None,
    };
    let cloudflared = Cloudflared {
        bin: "cloudflared".into(),
    };
    attack("tunnel", &words, |bytes| {
        let mut heard = [Heard::default(), Heard::default()];
        let mut readers = [ngrok.reader(upstream), cloudflared.reader(upstream)];
        for line in text(bytes).lines() {
            for (reader, heard) in readers.iter_mut().zip(&mut heard) {
                reader.read(line, heard);
            }
        }
        let told = |heard: &Heard| {
            let shown = heard.complaint.iter().chain(&heard.trouble);
            for text in shown {
                assert!(text.chars().count() <= 200 && !text.contains("2abcDEFghiJKLmnoPQRstu"));
            }
            (
                heard.url.is_some(),
                heard.code.is_some(),
                heard.complaint.is_some(),
                heard.web.is_some(),
            )
        };
        format!("{:?} {:?}", told(&heard[0]), told(&heard[1]))
    });
}
