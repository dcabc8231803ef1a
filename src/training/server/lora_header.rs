//! The header of a `.safetensors` file, read from its first bytes: is the object whole, and what was it trained with.

use super::super::model::import::ModelFacts;
use safetensors::tensor::Metadata;

/// How much of a file is read: real headers have 110 to 120 kB.
pub const READ_BYTES: u64 = 256 << 10;

/// The facts in the header of an object of `size_bytes`, or why it is no whole model file.
///
/// A whole file has exactly 8 bytes, the header, and the data up to the last tensor's end.
pub fn facts(first: &[u8], size_bytes: u64) -> Result<ModelFacts, String> {
    let short = || format!("It has {size_bytes} bytes, too few for a model file.");
    let length = first.first_chunk::<8>().ok_or_else(short)?;
    let length = u64::from_le_bytes(*length);
    if length > READ_BYTES - 8 {
        return Err(format!(
            "It is no LoRA file: its header would have {length} bytes; at most {} are read.",
            READ_BYTES - 8
        ));
    }
    let header = first.get(8..8 + length as usize).ok_or_else(short)?;
    let header: Metadata = serde_json::from_slice(header)
        .map_err(|_| "It is no LoRA file: its header is not a table of tensors.".to_owned())?;
    let whole = 8 + length + header.data_len() as u64;
    if whole != size_bytes {
        return Err(format!(
            "It is not whole: it has {size_bytes} bytes, its header speaks of {whole}."
        ));
    }
    let texts = header.metadata().clone().unwrap_or_default();
    let text = |key: &str| texts.get(key).map(String::as_str);
    let number = |key: &str| text(key)?.parse::<f64>().ok().filter(|n| n.is_finite());
    let count = |key: &str| {
        number(key)
            .filter(|n| (0.0..1e9).contains(n))
            .map(|n| n as u32)
    };
    Ok(ModelFacts {
        network_dim: count("ss_network_dim"),
        network_alpha: number("ss_network_alpha"),
        learning_rate: number("ss_learning_rate"),
        steps: count("ss_steps").or(count("ss_max_train_steps")),
        base_model: text("ss_base_model_version").map(|t| t.chars().take(60).collect()),
        tensors: header.tensors().len() as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one tensor of four bytes.
    fn file(metadata: &str) -> Vec<u8> {
        let header = format!(
            r#"{{"__metadata__":{{{metadata}}},"a":{{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}}}"#
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn a_whole_file_says_what_it_was_trained_with() {
        let bytes = file(
            r#""ss_network_dim":"16","ss_network_alpha":"8.0","ss_steps":"1200","ss_learning_rate":"None""#,
        );
        let facts = facts(&bytes, bytes.len() as u64).unwrap();
        assert_eq!(
            (facts.network_dim, facts.network_alpha),
            (Some(16), Some(8.0))
        );
        assert_eq!(
            (facts.steps, facts.learning_rate, facts.tensors),
            (Some(1200), None, 1)
        );
    }

    #[test]
    fn a_cut_or_foreign_file_is_refused_with_the_figures() {
        let bytes = file("");
        let whole = bytes.len() as u64;
        let cut = facts(&bytes, whole - 1).unwrap_err();
        assert!(cut.contains(&format!("speaks of {whole}")), "{cut}");
        assert!(
            facts(b"<html>..", 900)
                .unwrap_err()
                .contains("no LoRA file")
        );
        assert!(facts(b"abc", 3).unwrap_err().contains("3 bytes"));
        let mut table = 9_u64.to_le_bytes().to_vec();
        table.extend(b"not json!");
        assert!(facts(&table, 17).unwrap_err().contains("table of tensors"));
    }
}
