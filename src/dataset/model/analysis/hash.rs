//! A perceptual hash: 64 bits that stay when a picture is resized, recompressed or slightly recoloured.
//!
//! Luma averaged to 32 × 32, a two-dimensional DCT-II, the 64 lowest frequencies after the mean in zigzag order; a bit is
//! set where the coefficient is above their median. A mirrored, rotated or strongly cropped copy is another picture.

use super::Plane;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Most bits in which near-duplicates differ.
pub const NEAR: u32 = 6;
/// Bits in which unrelated pictures differ at least, as a rule; half of the bits on average.
pub const FAR: u32 = 16;
const GRID: usize = 32;
/// Coefficients smaller than this come from noise and rounding (of luma 0 to 255, orthonormal DCT).
const NOISE: f32 = 4.0;

/// Compare with [`Hash::distance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", schema(value_type = String, examples("c3a1f05e9b2d7740")))]
pub struct Hash(u64);

impl Hash {
    pub(super) fn of(plane: &Plane) -> Self {
        let small = shrink(plane);
        let lowest: Vec<f32> = zigzag()
            .map(|(u, v)| coefficient(&small, u, v))
            .map(|c| if c.abs() < NOISE { 0.0 } else { c })
            .collect();
        let mut sorted = lowest.clone();
        sorted.sort_by(f32::total_cmp);
        let median = (sorted[31] + sorted[32]) / 2.0;
        let bits = lowest
            .iter()
            .enumerate()
            .filter(|(_, c)| **c > median)
            .fold(0, |bits, (i, _)| bits | 1 << i);
        Self(bits)
    }

    /// Bits that differ, 0 to 64.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }

    /// Whether the picture has next to no structure (one colour), so that its hash is that of all such pictures.
    pub fn is_plain(self) -> bool {
        self.0.count_ones() < 4
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Hash {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Frequencies (across, down) from the lowest, without the mean; 64 of them.
fn zigzag() -> impl Iterator<Item = (usize, usize)> {
    (1..)
        .flat_map(|sum| (0..=sum).map(move |u| (u, sum - u)))
        .take(64)
}

fn coefficient(small: &[f32], u: usize, v: usize) -> f32 {
    let wave = |frequency: usize| -> [f32; GRID] {
        let scale = if frequency == 0 { 1.0 } else { 2.0f32 };
        let scale = (scale / GRID as f32).sqrt();
        std::array::from_fn(|i| {
            let angle = (i as f32 + 0.5) * frequency as f32 * std::f32::consts::PI / GRID as f32;
            scale * angle.cos()
        })
    };
    let (across, down) = (wave(u), wave(v));
    let row = |y: usize| -> f32 { (0..GRID).map(|x| small[y * GRID + x] * across[x]).sum() };
    (0..GRID).map(|y| row(y) * down[y]).sum()
}

/// 32 × 32 means over equal areas, pixels at the borders counted in part.
fn shrink(plane: &Plane) -> Vec<f32> {
    let narrow: Vec<f32> = (0..plane.height)
        .flat_map(|y| means(plane.width, move |x| plane.at(x, y)))
        .collect();
    let columns: Vec<[f32; GRID]> = (0..GRID)
        .map(|x| means(plane.height, |y| narrow[y * GRID + x]))
        .collect();
    (0..GRID * GRID)
        .map(|i| columns[i % GRID][i / GRID])
        .collect()
}

fn means(length: usize, at: impl Fn(usize) -> f32) -> [f32; GRID] {
    let step = length as f32 / GRID as f32;
    std::array::from_fn(|cell| {
        let (from, to) = (cell as f32 * step, (cell + 1) as f32 * step);
        let (first, last) = (from as usize, (to.ceil() as usize).clamp(1, length));
        let weight = |i: usize| (to.min((i + 1) as f32) - from.max(i as f32)).max(0.0);
        let sum: f32 = (first..last).map(|i| weight(i) * at(i)).sum();
        sum / step
    })
}
