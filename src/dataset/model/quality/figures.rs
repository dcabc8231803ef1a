//! Figures of remarks, as exact as their bounds ask: what was found past a bound never reads like the bound itself.

/// More decimals say nothing of a picture.
const MOST_DIGITS: usize = 6;

/// The value with at least `digits` decimals, and as many more as it takes to stand on its own side of every bound.
pub fn past(value: f64, bounds: &[f64], digits: usize) -> String {
    let stands = |shown: &str| {
        let shown: f64 = shown.parse().unwrap_or(value);
        let is_told = |bound: &f64| value.partial_cmp(bound) == shown.partial_cmp(&plain(*bound));
        bounds.iter().all(is_told)
    };
    let figures = (digits..=MOST_DIGITS).map(|digits| format!("{value:.digits$}"));
    let mut last = String::new();
    for figure in figures {
        if stands(&figure) {
            return figure;
        }
        last = figure;
    }
    last
}

/// A bound as it is written: 0.1 of 32 bits is a little more than that in 64.
fn plain(bound: f64) -> f64 {
    (bound * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::past;

    #[test]
    fn a_figure_past_its_bound_never_reads_like_the_bound() {
        for (value, bounds, digits, expected) in [
            (19.6, &[40.0, 20.0][..], 0, "19.6"),
            (39.8, &[40.0, 20.0], 0, "39.8"),
            (225.04, &[225.0, 242.0], 0, "225.04"),
            (1.001_7, &[1.0, 1.5], 2, "1.002"),
            (1.502, &[1.0, 1.5], 2, "1.502"),
            (35.2, &[35.0, 50.0], 0, "35.2"),
            (10.04, &[0.1, 10.0], 1, "10.04"),
            // far from them, and on them
            (12.3, &[40.0, 20.0], 0, "12"),
            (1.714, &[1.0, 1.5], 2, "1.71"),
            (20.0, &[40.0, 20.0], 0, "20"),
            // nearer than a figure can be
            (20.000_000_001, &[20.0], 0, "20.000000"),
        ] {
            assert_eq!(past(value, bounds, digits), expected, "{value}");
        }
    }

    #[test]
    fn a_bound_of_32_bits_counts_as_it_is_written() {
        let tenth = f64::from(0.1_f32) * 100.0;
        assert_eq!(past(tenth, &[tenth], 0), "10");
    }
}
