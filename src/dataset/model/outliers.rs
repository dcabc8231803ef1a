//! Which pictures do not look like the others of a set: a style set should look like one style.
//!
//! Each mean colour is held against the set's median in robust units (median absolute deviation as a standard deviation
//! of a normal distribution), brightness and colour apart, so that one odd picture does not hide another.

use super::analysis::Lab;
use super::quality::past;
use serde::{Deserialize, Serialize};

/// Robust units from which a picture stands out.
pub const STANDS_OUT: f32 = 3.5;
/// Fewer pictures than this have no middle to stand out from.
pub const FEWEST: usize = 5;
/// Differences smaller than this are not seen as another style, however alike the others are (Oklab).
const LEAST_BRIGHTNESS: f32 = 0.04;
const LEAST_COLOUR: f32 = 0.02;
/// A colour nearer to grey than this has no name of its own (Oklab).
const GREY: f32 = 0.04;
/// Median absolute deviation to standard deviation, on a line and in a plane.
const LINE: f32 = 1.482_6;
const PLANE: f32 = 0.849_3;

/// How far a picture stands from the set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Outlier {
    /// The greater of brightness and colour, in robust units.
    pub units: f32,
    pub message: String,
}

/// For each mean colour whether it stands out, and why.
pub fn outliers(means: &[Lab]) -> Vec<Option<Outlier>> {
    if means.len() < FEWEST {
        return vec![None; means.len()];
    }
    let of = |channel: fn(&Lab) -> f32| median(means.iter().map(channel).collect());
    let middle = Lab {
        l: of(|c| c.l),
        a: of(|c| c.a),
        b: of(|c| c.b),
    };
    let brightness = |c: &Lab| c.l - middle.l;
    let colour = |c: &Lab| (c.a - middle.a).hypot(c.b - middle.b);
    let spread_of_brightness = LINE * median(means.iter().map(|c| brightness(c).abs()).collect());
    let spread_of_colour = PLANE * median(means.iter().map(colour).collect());
    let units = |c: &Lab| {
        (
            brightness(c) / spread_of_brightness.max(LEAST_BRIGHTNESS),
            colour(c) / spread_of_colour.max(LEAST_COLOUR),
        )
    };
    means.iter().map(|c| outlier(c, units(c))).collect()
}

/// Of something that stands out.
fn figure(units: f32) -> String {
    past(units.into(), &[STANDS_OUT.into()], 1)
}

fn outlier(colour: &Lab, (bright, tinted): (f32, f32)) -> Option<Outlier> {
    let mut reasons = Vec::new();
    if bright.abs() > STANDS_OUT {
        let word = if bright > 0.0 { "brighter" } else { "darker" };
        reasons.push(format!(
            "much {word} than the set ({} units)",
            figure(bright.abs())
        ));
    }
    if tinted > STANDS_OUT {
        let word = if colour.a.hypot(colour.b) > GREY {
            format!("more {}", tint(colour.a, colour.b))
        } else {
            "greyer".to_owned()
        };
        reasons.push(format!(
            "much {word} than the set ({} units)",
            figure(tinted)
        ));
    }
    if reasons.is_empty() {
        return None;
    }
    let message = format!(
        "Stands out: {}; up to {STANDS_OUT} is usual.",
        reasons.join(", ")
    );
    Some(Outlier {
        units: bright.abs().max(tinted),
        message,
    })
}

/// The nearest word for a colour in Oklab.
fn tint(a: f32, b: f32) -> &'static str {
    let degrees = b.atan2(a).to_degrees().rem_euclid(360.0);
    match degrees as u32 {
        0..=50 | 345.. => "red",
        51..=85 => "orange",
        86..=120 => "yellow",
        121..=170 => "green",
        171..=225 => "cyan",
        226..=290 => "blue",
        _ => "purple",
    }
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blues() -> Vec<Lab> {
        let blue = |i: u8| Lab::of([60.0 + f32::from(i), 90.0 + f32::from(i * 2), 160.0]);
        (0..12).map(blue).collect()
    }

    #[test]
    fn what_stands_out_a_little_does_not_read_like_what_is_usual() {
        assert_eq!((figure(3.52), figure(4.96)), ("3.52".into(), "5.0".into()));
    }

    #[test]
    fn one_picture_of_another_colour_stands_out_with_the_reason() {
        let mut set = blues();
        assert!(outliers(&set).iter().all(Option::is_none));
        set.push(Lab::of([190.0, 60.0, 40.0]));
        set.push(Lab::of([8.0, 9.0, 12.0]));
        let found = outliers(&set);
        assert!(found[..12].iter().all(Option::is_none));
        let red = found[12].as_ref().expect("an outlier");
        assert!(
            red.message.contains("much more red than the set"),
            "{red:?}"
        );
        let dark = found[13].as_ref().expect("an outlier");
        assert!(
            dark.message.contains("much darker than the set"),
            "{dark:?}"
        );
    }

    #[test]
    fn a_set_of_equal_pictures_does_not_make_a_shade_an_outlier() {
        let mut set = vec![Lab::of([120.0; 3]); 10];
        set.push(Lab::of([128.0; 3]));
        assert!(outliers(&set).iter().all(Option::is_none));
    }

    #[test]
    fn a_few_pictures_have_no_middle() {
        let set = [[0.0; 3], [255.0; 3], [0.0; 3], [0.0; 3]].map(Lab::of);
        assert_eq!(outliers(&set), [None, None, None, None]);
        assert!(outliers(&[]).is_empty());
    }

    #[test]
    fn directions_have_their_colours_name() {
        let word = |rgb: [f32; 3]| {
            let (colour, grey) = (Lab::of(rgb), Lab::of([128.0; 3]));
            tint(colour.a - grey.a, colour.b - grey.b)
        };
        assert_eq!(word([220.0, 40.0, 40.0]), "red");
        assert_eq!(word([240.0, 150.0, 30.0]), "orange");
        assert_eq!(word([240.0, 230.0, 60.0]), "yellow");
        assert_eq!(word([40.0, 180.0, 60.0]), "green");
        assert_eq!(word([40.0, 200.0, 210.0]), "cyan");
        assert_eq!(word([40.0, 60.0, 220.0]), "blue");
        assert_eq!(word([150.0, 40.0, 200.0]), "purple");
    }
}
