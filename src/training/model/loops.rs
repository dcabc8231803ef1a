//! How a run is cut into the trainer's loops, and what those loops then do.
//!
//! Executed steps are the sum of `FluxTrainLoop.steps`, not `max_train_steps`; one loop takes at most 10,000. Every loop starts a new
//! shuffled pass and drops the rest of the last one. Knows nothing of node ids: `server/workflow` gives those.

/// Most steps one `FluxTrainLoop` takes (ComfyUI refuses more).
pub const LOOP_STEPS_MAX: u32 = 10_000;
/// Most checkpoints we let one run write (each is a whole model file).
pub const CHECKPOINTS_MAX: u32 = 50;

/// The loops of a run, grouped into segments that each end in a saved checkpoint. All loops together sum to `max_train_steps`.
/// `save_every` 0 means one segment. Segments are at least 1 step; the last may be shorter.
pub fn segments(max_train_steps: u32, save_every: u32) -> Vec<Vec<u32>> {
    let length = if save_every == 0 {
        max_train_steps
    } else {
        save_every
    };
    chunks(max_train_steps, length)
        .into_iter()
        .map(|segment| chunks(segment, LOOP_STEPS_MAX))
        .collect()
}

/// Checkpoints a run writes: how many segments it has.
pub fn checkpoint_count(max_train_steps: u32, save_every: u32) -> u32 {
    if save_every == 0 {
        1
    } else {
        max_train_steps.div_ceil(save_every)
    }
}

/// Steps at which a checkpoint file is written; the last is `max_train_steps`.
pub fn checkpoints(max_train_steps: u32, save_every: u32) -> Vec<u32> {
    let mut done = 0;
    segments(max_train_steps, save_every)
        .iter()
        .map(|segment| {
            done += segment.iter().sum::<u32>();
            done
        })
        .collect()
}

fn chunks(total: u32, length: u32) -> Vec<u32> {
    let mut parts = Vec::new();
    let mut left = total;
    while left > 0 {
        let part = left.min(length.max(1));
        parts.push(part);
        left -= part;
    }
    parts
}

/// One pass over the shuffled dataset, perhaps cut short by the end of its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Which loop ran it, from 0.
    pub loop_index: usize,
    /// Batches it trained.
    pub steps: u32,
}

/// The passes a worker runs for these loops: `max_train_steps` is looked at only after a pass or at a loop's end,
/// so a loop longer than it runs on to the end of the pass.
pub fn passes(loops: &[u32], max_train_steps: u32, batches_per_epoch: u32) -> Vec<Pass> {
    let mut passes = Vec::new();
    if batches_per_epoch == 0 {
        return passes;
    }
    let mut global_step = 0;
    for (loop_index, &length) in loops.iter().enumerate() {
        let target = global_step + length;
        while global_step < target {
            let steps = batches_per_epoch.min(target - global_step);
            global_step += steps;
            passes.push(Pass { loop_index, steps });
            if global_step >= max_train_steps {
                break;
            }
        }
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_sum_to_the_steps_asked_for_and_none_is_longer_than_the_trainer_takes() {
        for steps in [1, 9_999, 10_000, 10_001, 25_000, 100_000] {
            for every in [0, 2_000, 15_000, 99_999, 100_000] {
                let segments = segments(steps, every);
                assert_eq!(segments.iter().flatten().sum::<u32>(), steps);
                assert!(
                    segments
                        .iter()
                        .flatten()
                        .all(|&n| (1..=LOOP_STEPS_MAX).contains(&n))
                );
                assert_eq!(segments.len(), checkpoint_count(steps, every) as usize);
            }
        }
    }

    #[test]
    fn a_loop_stops_at_the_end_of_the_pass_in_which_the_steps_are_reached() {
        let run = |max| {
            passes(&[18], max, 7)
                .iter()
                .map(|pass| pass.steps)
                .sum::<u32>()
        };
        assert_eq!(run(10), 14);
        assert_eq!(run(14), 14, "reached exactly with the pass");
        assert_eq!(run(15), 18);
        assert!(passes(&[18], 10, 0).is_empty());
    }

    #[test]
    fn checkpoints_come_every_n_steps_and_at_the_end() {
        assert_eq!(checkpoints(1_000, 300), [300, 600, 900, 1_000]);
        assert_eq!(checkpoints(1_200, 0), [1_200]);
        assert_eq!(checkpoints(1_200, 5_000), [1_200]);
    }
}
