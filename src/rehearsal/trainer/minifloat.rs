//! Number formats of a LoRA file, written by hand: the few numbers that are not zero do not pay for a crate.

use safetensors::Dtype;

/// How the weights of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    pub dtype: Dtype,
    exponent_bits: u32,
    mantissa_bits: u32,
}

impl NumberFormat {
    /// The format of a workflow's `save_dtype`; `None` for an unknown word.
    pub fn of(save_dtype: &str) -> Option<Self> {
        let (dtype, exponent_bits, mantissa_bits) = match save_dtype {
            "fp32" => (Dtype::F32, 8, 23),
            "bf16" => (Dtype::BF16, 8, 7),
            "fp16" => (Dtype::F16, 5, 10),
            "fp8_e4m3fn" => (Dtype::F8_E4M3, 4, 3),
            "fp8_e5m2" => (Dtype::F8_E5M2, 5, 2),
            _ => return None,
        };
        Some(Self {
            dtype,
            exponent_bits,
            mantissa_bits,
        })
    }

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        ((1 + self.exponent_bits + self.mantissa_bits) / 8) as usize
    }

    /// Appends a finite number, little-endian, rounded toward zero; too small becomes zero, too large the largest.
    pub fn push(self, out: &mut Vec<u8>, value: f32) {
        let bits = self.encode(value).to_le_bytes();
        out.extend_from_slice(&bits[..self.bytes()]);
    }

    fn encode(self, value: f32) -> u32 {
        let bits = value.to_bits();
        let sign = (bits >> 31) << (self.exponent_bits + self.mantissa_bits);
        let bias = (1 << (self.exponent_bits - 1)) - 1;
        let exponent = ((bits >> 23) & 0xff) as i32 - 127 + bias;
        if exponent <= 0 {
            return sign;
        }
        // the all-ones exponent is kept free: infinity in most formats
        let top = (1 << self.exponent_bits) - 2;
        if exponent > top {
            let largest = ((top as u32) << self.mantissa_bits) | ((1 << self.mantissa_bits) - 1);
            return sign | largest;
        }
        let mantissa = (bits & 0x7f_ffff) >> (23 - self.mantissa_bits);
        sign | ((exponent as u32) << self.mantissa_bits) | mantissa
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(save_dtype: &str, value: f32) -> Vec<u8> {
        let mut out = Vec::new();
        NumberFormat::of(save_dtype)
            .expect("a known format")
            .push(&mut out, value);
        out
    }

    #[test]
    fn numbers_have_their_known_bit_patterns() {
        assert_eq!(bytes_of("fp32", 16.0), 16.0f32.to_le_bytes());
        assert_eq!(bytes_of("bf16", 16.0), 0x4180u16.to_le_bytes());
        assert_eq!(bytes_of("fp16", -16.0), 0xcc00u16.to_le_bytes());
        assert_eq!(bytes_of("fp8_e4m3fn", 16.0), [0x58]);
        assert_eq!(bytes_of("fp8_e5m2", 16.0), [0x4c]);
        assert_eq!(bytes_of("fp16", 1e-30), [0, 0]);
    }
}
