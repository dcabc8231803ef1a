//! The colours of a picture: the mean and a palette of five, in a space whose distances are what people see (Oklab).

use serde::{Deserialize, Serialize};

/// Most colours of a palette.
const COLOURS: usize = 5;
/// Rounds of k-means; more change nothing visible.
const ROUNDS: usize = 8;
/// Colours nearer than this are one (Oklab; black to white is 1).
const SAME: f32 = 0.03;
/// Histogram cells per channel.
const LEVELS: usize = 16;

/// A colour in Oklab: `l` 0 (black) to 1 (white), `a` green to red, `b` blue to yellow, both about -0.4 to 0.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Lab {
    pub l: f32,
    pub a: f32,
    pub b: f32,
}

impl Lab {
    /// Of sRGB, 0 to 255 (Björn Ottosson's matrices).
    pub fn of([r, g, b]: [f32; 3]) -> Self {
        let (r, g, b) = (linear(r), linear(g), linear(b));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Self {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// Euclidean; 0.02 is just noticeable, 1 is black to white.
    pub fn distance(self, other: Self) -> f32 {
        let square = |x: f32| x * x;
        (square(self.l - other.l) + square(self.a - other.a) + square(self.b - other.b)).sqrt()
    }
}

fn linear(channel: f32) -> f32 {
    let c = channel / 255.0;
    if c <= 0.040_45 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

/// One colour of a palette.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Swatch {
    /// Red, green, blue; 0 to 255.
    pub rgb: [u8; 3],
    /// Share of the picture, 0 to 1.
    pub share: f32,
}

/// Pixels counted by coarse colour; each cell keeps the mean of its own.
pub(super) struct Histogram {
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    pixels: u32,
    sum: [u64; 3],
}

impl Cell {
    fn plus(self, other: Self) -> Self {
        Self {
            pixels: self.pixels + other.pixels,
            sum: std::array::from_fn(|i| self.sum[i] + other.sum[i]),
        }
    }

    fn rgb(self) -> [f32; 3] {
        self.sum.map(|s| s as f32 / self.pixels.max(1) as f32)
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            cells: vec![Cell::default(); LEVELS * LEVELS * LEVELS],
        }
    }
}

impl Histogram {
    pub fn add(&mut self, rgb: [u8; 3]) {
        let index = rgb.iter().fold(0, |index, c| {
            index * LEVELS + usize::from(*c) * LEVELS / 256
        });
        let cell = &mut self.cells[index];
        cell.pixels += 1;
        for (sum, c) in cell.sum.iter_mut().zip(rgb) {
            *sum += u64::from(c);
        }
    }

    fn filled(&self) -> Vec<(Cell, Lab)> {
        let filled = self.cells.iter().filter(|c| c.pixels > 0);
        filled.map(|c| (*c, Lab::of(c.rgb()))).collect()
    }

    pub fn mean(&self) -> Lab {
        let filled = self.filled();
        let total: f32 = filled.iter().map(|(c, _)| c.pixels as f32).sum();
        let mean = |of: fn(&Lab) -> f32| {
            let sum: f32 = filled
                .iter()
                .map(|(c, lab)| c.pixels as f32 * of(lab))
                .sum();
            sum / total.max(1.0)
        };
        Lab {
            l: mean(|c| c.l),
            a: mean(|c| c.a),
            b: mean(|c| c.b),
        }
    }

    /// k-means over the cells, begun at the largest and then at what is far from all before and not small.
    pub fn palette(&self) -> Vec<Swatch> {
        let filled = self.filled();
        let mut centres = first_centres(&filled);
        let mut clusters = Vec::new();
        for _ in 0..ROUNDS {
            clusters = vec![Cell::default(); centres.len()];
            for (cell, lab) in &filled {
                let nearest = nearest(&centres, *lab);
                clusters[nearest] = clusters[nearest].plus(*cell);
            }
            for (centre, cluster) in centres.iter_mut().zip(&clusters) {
                if cluster.pixels > 0 {
                    *centre = Lab::of(cluster.rgb());
                }
            }
        }
        let total: u32 = clusters.iter().map(|c| c.pixels).sum();
        clusters.retain(|c| c.pixels > 0);
        clusters.sort_by_key(|c| std::cmp::Reverse(c.pixels));
        let swatch = |c: Cell| Swatch {
            rgb: c.rgb().map(|x| x.round() as u8),
            share: c.pixels as f32 / total.max(1) as f32,
        };
        clusters.into_iter().map(swatch).collect()
    }
}

fn nearest(centres: &[Lab], colour: Lab) -> usize {
    let distance = |i: &usize| centres[*i].distance(colour);
    (0..centres.len())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or_default()
}

fn first_centres(filled: &[(Cell, Lab)]) -> Vec<Lab> {
    let largest = filled.iter().max_by_key(|(c, _)| c.pixels);
    let mut centres: Vec<Lab> = largest.map(|(_, lab)| *lab).into_iter().collect();
    while !centres.is_empty() && centres.len() < COLOURS {
        let apart = |lab: Lab| centres[nearest(&centres, lab)].distance(lab);
        let weight = |(cell, lab): &(Cell, Lab)| {
            let apart = apart(*lab);
            (cell.pixels as f32).sqrt() * apart * apart
        };
        let next = filled
            .iter()
            .filter(|(_, lab)| apart(*lab) > SAME)
            .max_by(|a, b| weight(a).total_cmp(&weight(b)));
        let Some((_, lab)) = next else { break };
        let lab = *lab;
        centres.push(lab);
    }
    centres
}
