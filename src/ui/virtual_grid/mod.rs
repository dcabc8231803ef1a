//! A grid of many tiles of which only those near the window are in the document.
//!
//! The server, and the browser before script takes over, show the first ones in an ordinary CSS grid; its style sheet says
//! how many columns there are. Script then measures a tile, gives the grid the height of all of them and fills in what is
//! in view. Knows nothing of what a tile shows.

pub mod geometry;
pub mod lasso;
mod measure;

use geometry::Geometry;
use leptos::html::Div;
use leptos::prelude::*;
use std::hash::Hash;
use std::ops::Range;

/// A grid on the page: what of it is shown, and where the keyboard is.
#[derive(Clone, Copy)]
pub struct VirtualGrid {
    pub count: Signal<usize>,
    /// Places that are in the document.
    pub range: RwSignal<Range<usize>>,
    /// `None` until script has measured a tile.
    pub geometry: RwSignal<Option<Geometry>>,
    /// The place the keyboard is at.
    pub current: RwSignal<usize>,
    pub(in crate::ui) node: NodeRef<Div>,
}

impl VirtualGrid {
    /// A grid of `count` tiles, the first `shown` of which the server shows.
    pub fn new(count: Signal<usize>, shown: usize) -> Self {
        let grid = Self {
            count,
            range: RwSignal::new(0..shown),
            geometry: RwSignal::new(None),
            current: RwSignal::new(0),
            node: NodeRef::new(),
        };
        grid.follow();
        grid
    }

    /// The place that the tab key enters: the current one, or the nearest that is in the document.
    pub fn tabbable(&self) -> usize {
        let range = self.range.get();
        let last = range.end.saturating_sub(1).max(range.start);
        self.current.get().clamp(range.start, last)
    }

    /// Height of all and the room above what is shown.
    fn style(&self) -> String {
        let Some(geometry) = self.geometry.get() else {
            return String::new();
        };
        let start = self.range.with(|r| r.start);
        let (above, height) = (geometry.top_of(start), geometry.height(self.count.get()));
        format!("padding-top:{above}px;height:{height}px;")
    }
}

/// Renders `each(range)`; a tile gets its place, which may change while it stays, and its item.
#[component]
pub fn VirtualTiles<T, K, V>(
    grid: VirtualGrid,
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    class: &'static str,
    /// Further inline style: the wished number of columns.
    #[prop(into)]
    style: Signal<String>,
    /// Whether script has taken over: then it is an ARIA grid of rows with one cell each, before a list.
    #[prop(into)]
    live: Signal<bool>,
    each: impl Fn(Range<usize>) -> Vec<T> + Send + Sync + 'static,
    key: impl Fn(&T) -> K + Clone + Send + Sync + 'static,
    children: impl Fn(Signal<usize>, T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    K: Eq + Hash + serde::Serialize + 'static,
    V: IntoView + 'static,
{
    let is_grid = Memo::new(move |_| live.get() && grid.count.get() > 0);
    Effect::new(move |_| {
        // another number of columns: the tiles have another size
        style.track();
        grid.remeasure();
    });
    let tile = move |at: ReadSignal<usize>, item: T| {
        let place = Signal::derive(move || grid.range.with(|r| r.start) + at.get());
        children(place, item)
    };
    view! {
        <div
            class=class
            id=id
            node_ref=grid.node
            style=move || format!("{}{}", grid.style(), style.get())
            tabindex="-1"
            role=move || if is_grid.get() { "grid" } else { "list" }
            aria-label=label
            aria-multiselectable=move || is_grid.get().then_some("true")
            aria-rowcount=move || is_grid.get().then(|| grid.count.get())
        >
            <ForEnumerate each=move || each(grid.range.get()) key=key children=tile />
        </div>
    }
}
