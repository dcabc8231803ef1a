//! What the page asks for, and the shared [`Data`] made of the answers.

use super::address::Address;
use super::captions::Told;
use super::drafts::{Drafts, Known};
use super::quality::Judged;
use super::shelf::Shelf;
use super::state::{Asked, Data, KnownImages, Listing, Opened, Question, Rows};
use crate::dataset::api::{image, images, selection_sets};
use crate::dataset::model::filter::{Filter, sort::Sort};
use crate::dataset::model::image::{ImagePage, TrainingImage};
use crate::dataset::model::selection::{SelectionSet, SetUse};
use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::ui::virtual_grid::VirtualGrid;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_params_map};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An answer and the style it was asked for: an old style's answer must not be shown as the new one's.
type Of<T> = Resource<(String, T)>;

/// A refusal keeps its question, so that the list knows what it does not show.
type Answer = (Question, Result<ImagePage, AppError>);

/// All images of a style that has one page of them: its filters and orders are the browser's to work out.
#[derive(Clone)]
struct Whole {
    style: String,
    version: u32,
    images: Vec<TrainingImage>,
    /// How many of them were still being measured: what they look like is not known yet.
    analysing: usize,
}

#[derive(Clone, Copy)]
pub struct Loaded {
    pub id: Memo<String>,
    pub address: Memo<Address>,
    pub asked: Asked,
    page: Of<Answer>,
    sets: Of<Result<Vec<SelectionSet>, AppError>>,
    opened: Of<Opened>,
    drafts: Known,
    /// The quality view's report.
    pub quality: Judged,
    /// What the captions view shows.
    pub captions: Told,
    uses: Signal<Vec<SetUse>>,
    known: KnownImages,
    whole: StoredValue<Option<Whole>>,
}

pub fn parsed(id: &str) -> Result<StyleId, AppError> {
    StyleId::parse(id).map_err(|e| AppError::not_found(e.to_string()))
}

impl Loaded {
    pub fn new(uses: Signal<Vec<SetUse>>) -> Self {
        let params = use_params_map();
        let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
        let search = use_location().search;
        let address = Memo::new(move |_| Address::parse(&search.read()));
        let version = RwSignal::new(0);
        let known = KnownImages::new(BTreeMap::new());
        let whole = StoredValue::new(None);
        let value = move |name: &'static str| address.with(|a| a.get(name).to_owned());
        let question = Memo::new(move |_| {
            let question = Question {
                filter: value("filter"),
                sort: value("sort"),
                cursor: value("cursor"),
                version: version.get(),
            };
            (id.get(), question)
        });
        let page = Resource::new(
            move || question.get(),
            move |(id, question)| async move {
                let page = list(&id, &question, whole).await;
                (id, (question, page))
            },
        );
        let sets = Resource::new(
            move || (id.get(), version.get()),
            |(id, _)| async move {
                let sets = match parsed(&id) {
                    Ok(style) => selection_sets(style).await,
                    Err(error) => Err(error),
                };
                (id, sets)
            },
        );
        let name = Memo::new(move |_| (id.get(), value("image")));
        let opened = Resource::new(
            move || name.get(),
            move |(id, name)| async move {
                let opened = open(&id, name, known).await;
                (id, opened)
            },
        );
        Self {
            id,
            address,
            asked: Asked { version },
            page,
            sets,
            opened,
            drafts: Known::new(id),
            quality: Judged::new(id, address),
            captions: Told::new(id, address),
            uses,
            known,
            whole,
        }
    }

    /// The style whose answers are all there.
    pub fn ready(self) -> Option<String> {
        let id = self.id.get();
        // all of them are read whatever the others say: the server waits for what was read
        let page = self.page.with(|p| p.as_ref().is_some_and(|p| p.0 == id));
        let sets = self.sets.with(|s| s.as_ref().is_some_and(|s| s.0 == id));
        let opened = self.opened.with(|o| o.as_ref().is_some_and(|o| o.0 == id));
        let drafts = self.drafts.is_ready(&id);
        let quality = self.quality.is_ready(&id);
        let captions = self.captions.is_ready(&id);
        self.uses.track();
        (page && sets && opened && drafts && quality && captions).then_some(id)
    }

    fn listing(self) -> Memo<Listing> {
        Memo::new(move |before: Option<&Listing>| {
            let kept = || before.map(|b| b.page.clone()).unwrap_or_default();
            match self.page.get() {
                Some((_, (question, Ok(page)))) => Listing {
                    question,
                    page,
                    error: None,
                },
                Some((_, (question, Err(error)))) => Listing {
                    question,
                    page: kept(),
                    error: Some(error),
                },
                None => before.cloned().unwrap_or_default(),
            }
        })
    }

    pub fn data(self, style: StyleId) -> Data {
        let listing = self.listing();
        self.keep_whole(style.as_str().to_owned(), listing);
        let sets = Memo::new(move |before: Option<&Vec<_>>| match self.sets.get() {
            Some((_, Ok(sets))) => sets,
            _ => before.cloned().unwrap_or_default(),
        });
        let opened = Memo::new(move |_| self.opened.get().and_then(|o| o.1));
        let navigate = use_navigate();
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        let shelf = Shelf::new();
        let selected = RwSignal::new(BTreeSet::new());
        let only_selected = RwSignal::new(false);
        let rows = rows(listing, shelf, selected, only_selected);
        let count = Signal::derive(move || rows.with(Rows::len));
        let shown = listing.with_untracked(|l| l.page.images.len());
        let data = Data {
            style: StoredValue::new(style),
            address: self.address,
            listing,
            sets,
            uses: self.uses,
            opened,
            drafts: Drafts::new(self.drafts),
            rewritten: RwSignal::new(None),
            selected,
            selecting: RwSignal::new(None),
            set_read: RwSignal::default(),
            unsent: RwSignal::default(),
            only_selected,
            columns: RwSignal::new(None),
            live: RwSignal::new(false),
            deleting: RwSignal::new(Vec::new()),
            asked: self.asked,
            known: self.known,
            shelf,
            navigate: Callback::new(move |to: String| navigate(&to, options.clone())),
            anchor: StoredValue::default(),
            before_lasso: StoredValue::default(),
            rows,
            grid: VirtualGrid::new(count, shown),
            there: there(listing, shelf),
        };
        data.selected.set(untrack(|| data.selection_of_address()));
        data.set_read.set(untrack(|| data.set_of_address()));
        data
    }

    /// Remembers a list that is all of a style.
    fn keep_whole(self, style: String, listing: Memo<Listing>) {
        Effect::new(move |_| {
            listing.with(|l| {
                let is_all = l.error.is_none()
                    && l.question.is_about_all()
                    && l.question.sort.is_empty()
                    && l.page.next_cursor.is_none();
                if is_all {
                    self.whole.set_value(Some(Whole {
                        style: style.clone(),
                        version: l.question.version,
                        images: l.page.images.clone(),
                        analysing: l.page.analysing,
                    }));
                }
            });
        });
    }
}

/// The grid's places. While what is not selected is hidden, those of the selected names.
fn rows(
    listing: Memo<Listing>,
    shelf: Shelf,
    selected: RwSignal<BTreeSet<String>>,
    only_selected: RwSignal<bool>,
) -> Memo<Rows> {
    Memo::new(move |_| {
        if !only_selected.get() {
            return Rows::All(listing.with(|l| l.page.total.saturating_sub(l.page.offset)));
        }
        let places = |names: &mut dyn Iterator<Item = &String>| {
            let kept = |(place, name): (usize, &String)| {
                selected.with(|s| s.contains(name)).then_some(place)
            };
            Rows::Some(Arc::new(names.enumerate().filter_map(kept).collect()))
        };
        let fetched = shelf.names.get();
        if fetched.is_empty() {
            listing.with(|l| places(&mut l.page.images.iter().map(|i| &i.filename)))
        } else {
            places(&mut fetched.iter())
        }
    })
}

/// Names of all images, as the last list of all of them had them.
fn there(listing: Memo<Listing>, shelf: Shelf) -> Memo<Option<Arc<BTreeSet<String>>>> {
    Memo::new(move |before: Option<&Option<Arc<BTreeSet<String>>>>| {
        let of_page = listing.with(|l| {
            let about_all = l.error.is_none() && l.question.is_about_all();
            let whole = about_all && l.page.next_cursor.is_none();
            let names = l.page.images.iter().map(|i| i.filename.clone());
            (about_all, whole.then(|| names.collect()))
        });
        match of_page {
            (_, Some(names)) => Some(Arc::new(names)),
            (true, None) => {
                let fetched = shelf.names.get();
                (!fetched.is_empty()).then(|| Arc::new(fetched.iter().cloned().collect()))
            }
            (false, None) => before.cloned().flatten(),
        }
    })
}

/// The first page of a list. Of a style that was here whole only all of it is asked for, and only if it changed.
async fn list(
    id: &str,
    question: &Question,
    whole: StoredValue<Option<Whole>>,
) -> Result<ImagePage, AppError> {
    let style = parsed(id)?;
    let here = whole.try_get_value().flatten().filter(|w| w.style == id);
    let is_ours = |w: &Whole| question.cursor.is_empty() && knows_sets(w, &question.filter);
    if let Some(mut here) = here.filter(is_ours) {
        let mut is_whole = true;
        if here.version != question.version {
            let none = String::new;
            let page = images(style.clone(), none(), none(), none(), 0).await?;
            is_whole = page.next_cursor.is_none();
            here.images = page.images;
            here.analysing = page.analysing;
            here.version = question.version;
            whole.try_set_value(is_whole.then(|| here.clone()));
        }
        if is_whole {
            return narrowed(here, question);
        }
    }
    let (filter, sort, cursor) = (&question.filter, &question.sort, &question.cursor);
    images(style, filter.clone(), sort.clone(), cursor.clone(), 0).await
}

/// Whether every set that a filter names has an image here. One that has none may not be there at all: the server knows, and
/// says so.
fn knows_sets(whole: &Whole, filter: &str) -> bool {
    let has_image = |set: &u64| whole.images.iter().any(|i| i.sets.contains(set));
    Filter::parse_typed(filter).map_or(true, |f| f.sets().iter().all(has_image))
}

/// As the server would answer.
fn narrowed(whole: Whole, question: &Question) -> Result<ImagePage, AppError> {
    let mut images = whole.images;
    let filter = Filter::parse_typed(&question.filter);
    let filter = filter.map_err(|told| AppError::field("filter", told))?;
    let sort = Sort::parse(&question.sort).map_err(|told| AppError::field("sort", told))?;
    images.retain(|i| filter.accepts(i));
    sort.apply(&mut images);
    Ok(ImagePage {
        next_cursor: None,
        total: images.len(),
        offset: 0,
        without_caption: images
            .iter()
            .filter(|i| !i.caption_state.is_present())
            .count(),
        caption_problems: images
            .iter()
            .filter(|i| !i.caption_problems.is_empty())
            .count(),
        images,
        analysing: whole.analysing,
    })
}

/// The image from the list, where there is one; asked for otherwise.
async fn open(id: &str, name: String, known: KnownImages) -> Opened {
    if name.is_empty() {
        return None;
    }
    let listed = known.try_with_value(|l| l.get(&name).cloned());
    if let Some(found) = listed.flatten() {
        return Some(Ok(found));
    }
    Some(match parsed(id) {
        Ok(style) => image(style, name).await,
        Err(error) => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_narrowed_here_still_says_that_images_are_being_measured() {
        let whole = |analysing, duplicates: &[&str]| Whole {
            style: "1".into(),
            version: 1,
            images: vec![TrainingImage {
                filename: "a.png".into(),
                duplicates: duplicates.iter().map(|d| (*d).to_owned()).collect(),
                ..TrainingImage::default()
            }],
            analysing,
        };
        let question = |filter: &str| Question {
            filter: filter.into(),
            ..Question::default()
        };
        let all = narrowed(whole(2, &[]), &question("")).unwrap();
        assert_eq!(all.analysing, 2, "it is asked for again until they are");
        let doubles = narrowed(whole(2, &[]), &question("dup:")).unwrap();
        assert_eq!((doubles.total, doubles.analysing), (0, 2));
        let doubles = narrowed(whole(0, &["b.png"]), &question("dup:")).unwrap();
        assert_eq!((doubles.total, doubles.analysing), (1, 0));
    }
}
