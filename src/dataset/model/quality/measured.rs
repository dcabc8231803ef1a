//! What the pixels say: blur, exposure, transparency.

use super::{Analysis, QualityCode, QualityRemark, QualityState};

/// Detail below this is looked at, and is bad. Sharp drawings and photographs have 0.6 to 0.9, blurred by 2 px of 512
/// 0.25 to 0.45.
const DETAIL_LOOK: f32 = 0.5;
const DETAIL_BAD: f32 = 0.3;
/// The same for the variance of the Laplacian, which finds motion blur under grain; sharp ones have 60 to 12,000.
const SHARPNESS_LOOK: f32 = 40.0;
const SHARPNESS_BAD: f32 = 5.0;
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

/// Blur is found by what a further blur takes away, whatever the contrast, and by the variance of the Laplacian.
pub fn blur(analysis: &Analysis) -> Option<QualityRemark> {
    if below(analysis.contrast, FLAT).is_some() {
        return None; // nothing there that could be sharp: said as exposure
    }
    let detail = below(analysis.detail, (DETAIL_LOOK, DETAIL_BAD));
    let sharpness = below(analysis.sharpness, (SHARPNESS_LOOK, SHARPNESS_BAD))
        .filter(|_| analysis.detail < HARD_EDGES);
    let message = if detail >= sharpness {
        format!(
            "Fine detail {:.2} of 1 at 512 px; below {DETAIL_LOOK} it looks blurred, below {DETAIL_BAD} it is bad. The style learns the blur.",
            analysis.detail
        )
    } else {
        format!(
            "Sharpness {:.0} (variance of the Laplacian at 512 px); below {SHARPNESS_LOOK} it looks blurred, below {SHARPNESS_BAD} it is bad. The style learns the blur.",
            analysis.sharpness
        )
    };
    let state = detail.max(sharpness)?;
    Some(QualityRemark::new(QualityCode::Blur, state, message))
}

pub fn exposure(analysis: &Analysis) -> Option<QualityRemark> {
    let luma = analysis.luma;
    let percent = |share: f32| (share * 100.0).round();
    let found = [
        below(analysis.contrast, FLAT).map(|state| {
            let contrast = analysis.contrast;
            (state, format!("Next to no contrast: brightness varies by {contrast:.1} of 255; below {} look, below {} it is bad.", FLAT.0, FLAT.1))
        }),
        below(luma, DARK).map(|state| {
            (state, format!("Very dark: mean brightness {luma:.0} of 255; below {} look, below {} it is bad.", DARK.0, DARK.1))
        }),
        above(luma, BRIGHT).map(|state| {
            (state, format!("Very bright: mean brightness {luma:.0} of 255; above {} look, above {} it is bad.", BRIGHT.0, BRIGHT.1))
        }),
        (analysis.clipped_dark > CLIPPED_DARK).then(|| {
            let share = percent(analysis.clipped_dark);
            (QualityState::Look, format!("{share} % of the picture is plain black; above {} % look whether detail drowned.", percent(CLIPPED_DARK)))
        }),
        (analysis.clipped_light > CLIPPED_LIGHT).then(|| {
            let share = percent(analysis.clipped_light);
            (QualityState::Look, format!("{share} % of the picture is plain white; above {} % look whether detail is burnt out.", percent(CLIPPED_LIGHT)))
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
        "{:.1} % of the pixels are not opaque; the trainer ignores transparency and trains the hidden colours, often black. Above {:.0} % it is bad. Put it on a background.",
        analysis.transparent * 100.0,
        ALPHA.1 * 100.0
    );
    Some(QualityRemark::new(QualityCode::Alpha, state, message))
}
