//! Where the tiles of a grid lie: which are in view, which lie under a point or a rectangle, where a key leads.

use std::ops::Range;

/// Rows kept above and below what is in view, so that a scrolled step finds them there.
const SPARE_ROWS: usize = 3;

/// A grid of tiles of one size, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    pub columns: usize,
    /// From one tile's left edge to the next one's.
    pub across: f64,
    /// From one tile's upper edge to the next one's.
    pub down: f64,
    pub gap: f64,
}

/// A rectangle in the grid's own coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// Between two corners, whichever way it was drawn.
    pub fn between(a: (f64, f64), b: (f64, f64)) -> Self {
        Self {
            left: a.0.min(b.0),
            top: a.1.min(b.1),
            right: a.0.max(b.0),
            bottom: a.1.max(b.1),
        }
    }
}

impl Geometry {
    /// Height of `count` tiles.
    pub fn height(self, count: usize) -> f64 {
        let rows = count.div_ceil(self.columns);
        (rows as f64 * self.down - self.gap).max(0.0)
    }

    /// Upper edge of a tile.
    pub fn top_of(self, place: usize) -> f64 {
        (place / self.columns) as f64 * self.down
    }

    /// The tiles to have when the window shows the grid from `top` on, `height` high: whole rows, row by row, so that no frame
    /// of a scroll has more than one row to build.
    pub fn window(self, count: usize, top: f64, height: f64) -> Range<usize> {
        let row = |y: f64| (y.max(0.0) / self.down) as usize;
        let first = row(top).saturating_sub(SPARE_ROWS);
        let last = row(top + height) + 1 + SPARE_ROWS;
        let end = (last * self.columns).min(count);
        let rows = last - first;
        // of a list that became shorter, its end
        let latest = count.div_ceil(self.columns).saturating_sub(rows);
        let start = (first.min(latest) * self.columns).min(end);
        start..end
    }

    /// The tiles that a rectangle touches.
    pub fn within(self, area: Area, count: usize) -> Vec<usize> {
        let span = |low: f64, high: f64, step: f64| {
            // a gap belongs to no tile
            let first = ((low + self.gap).max(0.0) / step) as usize;
            let end = if high < 0.0 {
                0
            } else {
                (high / step) as usize + 1
            };
            first..end
        };
        let columns = span(area.left, area.right, self.across);
        let columns = columns.start..columns.end.min(self.columns);
        let rows = span(area.top, area.bottom, self.down);
        let rows = rows.start..rows.end.min(count.div_ceil(self.columns));
        let places = rows.flat_map(|row| columns.clone().map(move |c| row * self.columns + c));
        places.filter(|place| *place < count).collect()
    }

    /// Where a key leads from a tile, with so many rows in view; `None` for keys that lead nowhere.
    pub fn step(self, key: &str, at: usize, count: usize, rows: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        let down = |rows: usize| {
            let to = at + rows * self.columns;
            // over a short last row its end; from the last row nowhere
            let last_row = last / self.columns;
            if at / self.columns == last_row {
                at
            } else {
                to.min(last)
            }
        };
        let up = |rows: usize| {
            let rows = rows.min(at / self.columns);
            at - rows * self.columns
        };
        Some(match key {
            "ArrowRight" => (at + 1).min(last),
            "ArrowLeft" => at.saturating_sub(1),
            "ArrowDown" => down(1),
            "ArrowUp" => up(1),
            "PageDown" => down(rows.max(1)),
            "PageUp" => up(rows.max(1)),
            "Home" => 0,
            "End" => last,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Geometry = Geometry {
        columns: 4,
        across: 110.0,
        down: 160.0,
        gap: 10.0,
    };

    #[test]
    fn of_ten_thousand_tiles_only_those_near_the_window_are_there() {
        let top = GRID.window(10_000, -300.0, 800.0);
        assert_eq!(top, 0..4 * 7);
        let middle = GRID.window(10_000, 160.0 * 1_000.0, 800.0);
        assert_eq!(middle.start % 4, 0);
        assert!(
            middle.start <= 4 * 997 && middle.end >= 4 * 1_006,
            "{middle:?}"
        );
        assert!(middle.len() <= 4 * 14, "{middle:?}");
        assert_eq!(GRID.window(10_000, 160.0 * 2_499.0, 800.0).end, 10_000);
        assert_eq!(GRID.window(0, 0.0, 800.0), 0..0);
        let shrunk = GRID.window(10, 160.0 * 1_000.0, 800.0);
        assert_eq!(shrunk, 0..10);
        assert_eq!(GRID.height(10), 3.0 * 160.0 - 10.0);
        assert_eq!(GRID.height(0), 0.0);
    }

    #[test]
    fn keys_lead_through_rows_and_stop_at_the_edges() {
        let step = |key, at| GRID.step(key, at, 10, 2);
        assert_eq!(step("ArrowRight", 3), Some(4));
        assert_eq!(step("ArrowRight", 9), Some(9));
        assert_eq!(step("ArrowLeft", 0), Some(0));
        assert_eq!(step("ArrowDown", 1), Some(5));
        assert_eq!(step("ArrowDown", 7), Some(9), "the last row is short");
        assert_eq!(step("ArrowDown", 8), Some(8));
        assert_eq!(step("ArrowUp", 2), Some(2));
        assert_eq!(step("ArrowUp", 9), Some(5));
        assert_eq!(step("PageDown", 0), Some(8));
        assert_eq!(step("PageUp", 9), Some(1));
        assert_eq!(step("Home", 7), Some(0));
        assert_eq!(step("End", 0), Some(9));
        assert_eq!(step("x", 0), None);
        assert_eq!(GRID.step("End", 0, 0, 2), None);
    }

    #[test]
    fn a_rectangle_takes_the_tiles_it_touches_and_no_others() {
        let within = |a, b| GRID.within(Area::between(a, b), 10);
        assert_eq!(within((5.0, 5.0), (20.0, 20.0)), [0]);
        assert_eq!(within((115.0, 170.0), (5.0, 20.0)), [0, 1, 4, 5]);
        assert_eq!(
            within((101.0, 5.0), (109.0, 20.0)),
            [0usize; 0],
            "in the gap"
        );
        assert_eq!(within((230.0, 330.0), (900.0, 900.0)), [0usize; 0]);
        assert_eq!(within((-50.0, 330.0), (900.0, 900.0)), [8, 9]);
        assert_eq!(within((-50.0, -50.0), (-1.0, 900.0)), [0usize; 0]);
    }
}
