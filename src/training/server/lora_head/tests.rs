use super::*;
use serde_json::json;

/// A file of one tensor of 16 rows, and what the trainer wrote about it.
fn file(metadata: &Value) -> Vec<u8> {
    let table = json!({
        "__metadata__": metadata,
        "lora_unet_a.lora_down.weight": {"dtype": "BF16", "shape": [16, 4], "data_offsets": [0, 128]},
    })
    .to_string();
    let mut bytes = (table.len() as u64).to_le_bytes().to_vec();
    bytes.extend(table.bytes());
    bytes.extend([0; 128]);
    bytes
}

fn head(bytes: &[u8]) -> Head {
    match open(bytes, bytes.len() as u64) {
        Opening::Head(head) => *head,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_file_says_what_it_was_trained_with() {
    let tags = json!({"10_a": {"style_ink": 30, "a boat": 3}, "10_b": {"a boat": 2}}).to_string();
    let datasets = json!([{"subsets": [{"class_tokens": "style_ink"}]}]).to_string();
    let bytes = file(&json!({
        "ss_network_dim": "16", "ss_network_alpha": "8.0", "ss_steps": "1200", "ss_learning_rate": "None",
        "ss_base_model_version": "flux1", "ss_tag_frequency": tags, "ss_datasets": datasets,
    }));
    let size = bytes.len() as u64;
    let head = head(&bytes);
    let facts = head.facts(size);
    assert_eq!(
        (facts.verdict, facts.rank, facts.dtype.as_deref()),
        (Verdict::Whole, Some(16), Some("BF16"))
    );
    assert_eq!(facts.described_bytes, Some(size));
    assert_eq!(facts.trigger.as_deref(), Some("style_ink"));
    assert_eq!(facts.learning_rate, None);
    let counted: Vec<_> = facts
        .tags
        .iter()
        .map(|t| (t.tag.as_str(), t.count))
        .collect();
    assert_eq!(counted, [("style_ink", 30), ("a boat", 5)]);
    let facts = Opening::Head(Box::new(head)).importable(size).unwrap();
    assert_eq!(
        (facts.network_dim, facts.network_alpha, facts.steps),
        (Some(16), Some(8.0), Some(1200))
    );
}

#[test]
fn a_file_cut_in_its_tensors_or_in_its_head_is_said_to_be_cut() {
    let bytes = file(&json!({}));
    let whole = bytes.len() as u64;
    let Opening::Head(short) = open(&bytes, whole - 1) else {
        panic!("the head is there");
    };
    assert_eq!(short.facts(whole - 1).verdict, Verdict::Truncated);
    assert_eq!(short.facts(whole + 1).verdict, Verdict::Longer);
    let opening = Opening::Head(short);
    let longer = opening.importable(whole + 4).unwrap_err();
    assert!(
        longer.starts_with("It is longer than its header says"),
        "{longer}"
    );
    let why = opening.importable(whole - 1).unwrap_err();
    assert!(
        why.contains("not whole") && why.contains(&whole.to_string()),
        "{why}"
    );

    let in_head = open(&bytes[..30], 30);
    assert!(matches!(in_head, Opening::Cut { needed_bytes } if needed_bytes == whole - 128));
    assert_eq!(in_head.facts(30).verdict, Verdict::Truncated);
    assert!(matches!(open(b"", 0), Opening::Cut { needed_bytes: 10 }));
}

#[test]
fn a_head_longer_than_what_was_read_is_asked_for() {
    let bytes = file(&json!({"note": "x".repeat(1_000)}));
    let size = bytes.len() as u64;
    let Opening::More(wanted) = open(&bytes[..100], size) else {
        panic!("more is needed");
    };
    assert_eq!(wanted, size - 128);
    assert!(matches!(
        open(&bytes[..wanted as usize], size),
        Opening::Head(_)
    ));
}

#[test]
fn foreign_bytes_are_named_and_never_trusted() {
    let with_length = |length: u64, rest: &[u8]| [&length.to_le_bytes()[..], rest].concat();
    let offsets =
        |offsets: &str| format!(r#"{{"t":{{"dtype":"U8","shape":[1],"data_offsets":{offsets}}}}}"#);
    let table = |text: String| with_length(text.len() as u64, text.as_bytes());
    for (bytes, size) in [
        (b"<html><body>no</body>".to_vec(), 900),
        (b"PK\x03\x04 a zip file".to_vec(), 900),
        (with_length(u64::MAX, b"{"), 900),
        (with_length(9, b"{not json"), 17),
        (table(offsets("[0,-1]")), 900),
        (table(offsets("[4,0]")), 900),
        (table(offsets(&format!("[0,{}]", u64::MAX))), 900),
        (table(offsets("\"0\"")), 900),
    ] {
        let opening = open(&bytes, size);
        assert!(
            matches!(opening, Opening::Foreign(_)),
            "{opening:?} of {bytes:?}"
        );
        assert_eq!(opening.facts(size).verdict, Verdict::Foreign);
        assert!(
            opening
                .importable(size)
                .unwrap_err()
                .contains("no LoRA file")
        );
    }
}

#[test]
fn a_model_of_another_kind_is_no_lora() {
    let table = r#"{"blocks.0.weight":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#;
    let mut bytes = (table.len() as u64).to_le_bytes().to_vec();
    bytes.extend(table.bytes());
    bytes.extend([0; 4]);
    let facts = head(&bytes).facts(bytes.len() as u64);
    assert_eq!(facts.verdict, Verdict::Foreign);
    assert!(facts.words.contains("none of a LoRA"), "{}", facts.words);
    let why = open(&bytes, bytes.len() as u64).importable(bytes.len() as u64);
    let why = why.unwrap_err();
    assert!(
        why.contains("no LoRA file") && why.contains("none of a LoRA"),
        "{why}"
    );
}

#[test]
fn every_way_of_writing_a_lora_is_one() {
    for tensor in [
        "lora_unet_double_blocks_0_img_attn_proj.lora_up.weight",
        "transformer.x_embedder.lora_A.weight",
        "unet.to_q.lora.down.weight",
        "lora_unet_a.hada_w1_a",
        "lycoris_a.lokr_w1",
    ] {
        let table = format!(r#"{{"{tensor}":{{"dtype":"F16","shape":[2],"data_offsets":[0,0]}}}}"#);
        let bytes = [&(table.len() as u64).to_le_bytes()[..], table.as_bytes()].concat();
        let size = bytes.len() as u64;
        let opening = open(&bytes, size);
        assert_eq!(opening.facts(size).verdict, Verdict::Whole, "{tensor}");
        assert!(opening.importable(size).is_ok(), "{tensor}");
    }
}
