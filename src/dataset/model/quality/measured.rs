//! What the pixels say: blur, exposure, transparency.

use super::figures::past;
use super::{Analysis, QualityCode, QualityRemark, QualityState};

/// Detail below this is looked at, and is bad. Sharp drawings and photographs have 0.6 to 0.9, blurred by 2 px of 512
/// 0.25 to 0.45.
const DETAIL: (f32, f32) = (0.5, 0.3);
/// The same for the variance of the Laplacian, which finds motion blur under grain; sharp ones have 60 to 12,000.
const SHARPNESS: (f32, f32) = (40.0, 5.0);
/// Detail from here on comes from hard edges: a flat drawing with few of them is sharp however small the variance.
const HARD_EDGES: f32 = 0.82;
/// Mean luma; covers and photographs have 60 to 200.
const DARK: (f32, f32) = (40.0, 20.0);
const BRIGHT: (f32, f32) = (225.0, 242.0);
/// Standard deviation of the luma below which there is next to nothing to see.
const FLAT: (f32, f32) = (9.0, 4.0);
/// Share of pixels without drawing. Ink on white paper has a good deal of white, and is meant so.
const CLIPPED_DARK: f32 = 0.5;
const CLIPPED_LIGHT: f32 = 0.75;
/// Share of pixels that are not opaque.
const ALPHA: (f32, f32) = (0.001, 0.1);

/// The state of a value that grows worse downwards.
fn below(value: f32, (look, bad): (f32, f32)) -> Option<QualityState> {
    if value < bad {
        Some(QualityState::Bad)
    } else if value < look {
        Some(QualityState::Look)
    } else {
        None
    }
}

fn above(value: f32, (look, bad): (f32, f32)) -> Option<QualityState> {
    below(-value, (-look, -bad))
}

/// A measure beside the bounds it is told with.
fn figure(value: f32, (look, bad): (f32, f32), digits: usize) -> String {
    past(f64::from(value), &[look, bad].map(f64::from), digits)
}

/// A share in per cent, likewise.
fn percent(share: f32, bounds: &[f32], digits: usize) -> String {
    let of_100 = |share: f32| f64::from(share) * 100.0;
    let bounds: Vec<f64> = bounds.iter().copied().map(of_100).collect();
    past(of_100(share), &bounds, digits)
}

/// Blur is found by what a further blur takes away, whatever the contrast, and by the variance of the Laplacian.
pub fn blur(analysis: &Analysis) -> Option<QualityRemark> {
    if below(analysis.contrast, FLAT).is_some() {
        return None; // nothing there that could be sharp: said as exposure
    }
    let detail = below(analysis.detail, DETAIL);
    let sharpness = below(analysis.sharpness, SHARPNESS).filter(|_| analysis.detail < HARD_EDGES);
    let message = if detail >= sharpness {
        format!(
            "Fine detail {} of 1 at 512 px; below {} it looks blurred, below {} it is bad. The style learns the blur.",
            figure(analysis.detail, DETAIL, 2),
            DETAIL.0,
            DETAIL.1
        )
    } else {
        format!(
            "Sharpness {} (variance of the Laplacian at 512 px); below {} it looks blurred, below {} it is bad. The style learns the blur.",
            figure(analysis.sharpness, SHARPNESS, 0),
            SHARPNESS.0,
            SHARPNESS.1
        )
    };
    let state = detail.max(sharpness)?;
    Some(QualityRemark::new(QualityCode::Blur, state, message))
}

pub fn exposure(analysis: &Analysis) -> Option<QualityRemark> {
    let luma = analysis.luma;
    let found = [
        below(analysis.contrast, FLAT).map(|state| {
            let contrast = figure(analysis.contrast, FLAT, 1);
            (state, format!("Next to no contrast: brightness varies by {contrast} of 255; below {} look, below {} it is bad.", FLAT.0, FLAT.1))
        }),
        below(luma, DARK).map(|state| {
            let luma = figure(luma, DARK, 0);
            (state, format!("Very dark: mean brightness {luma} of 255; below {} look, below {} it is bad.", DARK.0, DARK.1))
        }),
        above(luma, BRIGHT).map(|state| {
            let luma = figure(luma, BRIGHT, 0);
            (state, format!("Very bright: mean brightness {luma} of 255; above {} look, above {} it is bad.", BRIGHT.0, BRIGHT.1))
        }),
        (analysis.clipped_dark > CLIPPED_DARK).then(|| {
            let share = percent(analysis.clipped_dark, &[CLIPPED_DARK], 0);
            (QualityState::Look, format!("{share} % of the picture is plain black; above {} % look whether detail drowned.", percent(CLIPPED_DARK, &[], 0)))
        }),
        (analysis.clipped_light > CLIPPED_LIGHT).then(|| {
            let share = percent(analysis.clipped_light, &[CLIPPED_LIGHT], 0);
            (QualityState::Look, format!("{share} % of the picture is plain white; above {} % look whether detail is burnt out.", percent(CLIPPED_LIGHT, &[], 0)))
        }),
    ];
    // the worst one says it; of equals the first
    let worst = found
        .into_iter()
        .flatten()
        .rev()
        .max_by_key(|(state, _)| *state)?;
    Some(QualityRemark::new(QualityCode::Exposure, worst.0, worst.1))
}

pub fn alpha(analysis: &Analysis) -> Option<QualityRemark> {
    let state = above(analysis.transparent, ALPHA)?;
    let message = format!(
        "{} % of the pixels are not opaque; the trainer ignores transparency and trains the hidden colours, often black. Above {} % it is bad. Put it on a background.",
        percent(analysis.transparent, &[ALPHA.0, ALPHA.1], 1),
        percent(ALPHA.1, &[], 0)
    );
    Some(QualityRemark::new(QualityCode::Alpha, state, message))
}
