//! The model file a run leaves: its names and expected size. Reads no file; the header itself is checked where S3 is asked.

/// Weights of all LoRA modules of Flux for each rank: 19 double blocks of 10 modules and 38 single blocks of 3.
const PARAMETERS_PER_RANK: u64 = 4_786_176;
/// One scalar each, in the file's own precision.
const MODULES: u64 = 304;
/// Tensor table of 912 tensors with FluxTrainer's metadata; seen between 110 and 120 kB.
const HEADER_BYTES: u64 = 115_000;

/// Bytes of one number in a file of that `save_dtype`.
fn bytes_each(save_dtype: &str) -> u64 {
    match save_dtype {
        "fp32" => 4,
        "fp8_e4m3fn" | "fp8_e5m2" => 1,
        _ => 2,
    }
}

/// Expected size in bytes of a LoRA over all modules; the header makes it exact to about 0.1 %.
pub fn expected_bytes(network_dim: u32, save_dtype: &str) -> u64 {
    (u64::from(network_dim) * PARAMETERS_PER_RANK + MODULES) * bytes_each(save_dtype) + HEADER_BYTES
}

/// File name that `FluxTrainEnd` writes.
pub fn final_name(output_name: &str, network_dim: u32, save_dtype: &str) -> String {
    format!("{output_name}_rank{network_dim}_{save_dtype}.safetensors")
}

/// File name that `FluxTrainSave` writes after `step` steps.
pub fn checkpoint_name(output_name: &str, network_dim: u32, save_dtype: &str, step: u32) -> String {
    format!("{output_name}_rank{network_dim}_{save_dtype}-step{step:05}.safetensors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_follows_rank_and_precision() {
        let measured = 153_268_403_u64; // rank 16, bf16
        assert!(expected_bytes(16, "bf16").abs_diff(measured) < 20_000);
        assert!(expected_bytes(16, "fp32") > 2 * measured - 300_000);
        assert!(expected_bytes(16, "fp8_e5m2") < measured / 2 + 200_000);
    }

    #[test]
    fn names_are_the_trainers() {
        assert_eq!(
            final_name("style_16_v1.0", 16, "bf16"),
            "style_16_v1.0_rank16_bf16.safetensors"
        );
        assert_eq!(
            checkpoint_name("one", 4, "bf16", 10),
            "one_rank4_bf16-step00010.safetensors"
        );
    }
}
