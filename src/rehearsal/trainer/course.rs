//! A plausible course of a rehearsed run: a loss that falls and jumps as a real one does, and the lines a worker would log. Both say
//! of themselves that they are rehearsed where a person reads them.

/// Loss of a step: the same for the same step of the same length, so that a run taken up again goes on where it was.
pub fn loss(step: u64, total: u64) -> f64 {
    let done = step as f64 / total.max(1) as f64;
    let mean = 0.31 + 0.19 * (-4.0 * done).exp();
    let jump = 0.05 * noise(step) * (1.0 - 0.4 * done);
    ((mean + jump) * 1e5).round() / 1e5
}

/// -1 to 1, without a pattern that an eye would see.
fn noise(step: u64) -> f64 {
    // splitmix64
    let mut bits = step.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The end of the log at that step.
pub fn log(stage: &str, step: u64, total: u64) -> Vec<String> {
    const LINES: u64 = 8;
    let mut lines = vec!["rehearsal trainer: no GPU, nothing is learned".to_owned()];
    let every = (total / 20).max(1);
    let last = step / every;
    for at in last.saturating_sub(LINES - 1).max(1)..=last {
        let step = at * every;
        lines.push(format!(
            "steps: {step}/{total}, avr_loss={:.4} (rehearsed)",
            loss(step, total)
        ));
    }
    if stage != "training" {
        lines.push(format!("{stage} the model"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_falls_and_jumps_and_is_the_same_for_the_same_step() {
        let mean = |steps: std::ops::Range<u64>| {
            let count = (steps.end - steps.start) as f64;
            steps.map(|step| loss(step, 1_000)).sum::<f64>() / count
        };
        assert!(mean(1..100) > mean(900..1_000) + 0.1);
        assert_ne!(loss(500, 1_000), loss(501, 1_000));
        assert_eq!(loss(500, 1_000), loss(500, 1_000));
        assert!((1..=1_000).all(|step| loss(step, 1_000) > 0.2));
    }

    #[test]
    fn the_log_is_short_and_ends_at_the_step() {
        let lines = log("training", 500, 1_000);
        assert_eq!(lines.len(), 9);
        assert!(lines[8].starts_with("steps: 500/1000"));
        assert_eq!(log("saving", 1_000, 1_000).len(), 10);
    }
}
