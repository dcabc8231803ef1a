//! The quality view in the address: `?view=quality`, whose images, at which training size, which rows.

use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::model::quality::QualityState;
use crate::dataset::model::report::rows::{Order, Wanted};
use crate::dataset::ui::address::Address;
use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use leptos::prelude::*;

/// What stays in the address from one state of the view to another.
const KEPT: [&str; 11] = [
    "set",
    "filenames[]",
    "width",
    "height",
    "min_bucket_reso",
    "max_bucket_reso",
    "bucket_no_upscale",
    "batch_size",
    "show",
    "bucket",
    "order",
];

/// The heading of the table of images.
pub const TABLE: &str = "quality-images";

pub fn is_open(address: &Address) -> bool {
    address.get("view") == "quality"
}

/// The view as it is, with some names changed; an empty value takes one out.
pub fn here(address: &Address, style: &str, changes: &[(&str, &str)]) -> String {
    address.view("quality", &KEPT, changes).href(style)
}

/// The same at its table; without script the browser goes there by itself.
pub fn table(address: &Address, style: &str, changes: &[(&str, &str)]) -> String {
    format!("{}#{TABLE}", here(address, style, changes))
}

/// The view that a filled in form asks for.
pub fn asked(query: &str) -> Address {
    Address::parse(query).view("quality", &KEPT, &[])
}

/// The rows that are asked for; what cannot be understood asks for nothing.
pub fn wanted(address: &Address) -> Wanted {
    let side = |text: &str| text.parse().ok();
    let size = address.get("bucket").split_once('x');
    let bucket = size.and_then(|(width, height)| side(width).zip(side(height)));
    Wanted {
        state: QualityState::parse(address.get("show")),
        bucket,
        order: Order::parse(address.get("order")),
        offset: address.get("page").parse().unwrap_or_default(),
    }
}

/// The images themselves, with the same set chosen.
pub fn images(address: &Address, style: &str) -> String {
    Address::default().with_set(address).href(style)
}

/// An image opened beside the grid.
pub fn image(address: &Address, style: &str, filename: &str) -> String {
    let next = Address::default().with_set(address);
    next.and("image", filename).href(style)
}

impl Address {
    fn with_set(self, of: &Self) -> Self {
        match of.get("set") {
            "" => self,
            set => self.and("set", set),
        }
    }
}

/// The training size asked for; `None` when none was. What is no number is 0, which is refused by name.
pub fn choice(address: &Address) -> Option<BucketChoice> {
    if address.get("width").is_empty() {
        return None;
    }
    let default = BucketChoice::default();
    let number = |name: &str, default: u32| match address.get(name).trim() {
        "" => default,
        typed => typed.parse().unwrap_or(0),
    };
    let width = number("width", default.width);
    Some(BucketChoice {
        width,
        height: number("height", width),
        min_bucket_reso: number("min_bucket_reso", default.min_bucket_reso),
        max_bucket_reso: number("max_bucket_reso", default.max_bucket_reso),
        bucket_no_upscale: !address.get("bucket_no_upscale").is_empty(),
        batch_size: number("batch_size", default.batch_size),
        enable_bucket: true,
    })
}

/// The same as fields of a form, for what is said of an image at this size.
pub fn choice_fields(choice: BucketChoice) -> AnyView {
    let fields = [
        ("width", choice.width),
        ("height", choice.height),
        ("min_bucket_reso", choice.min_bucket_reso),
        ("max_bucket_reso", choice.max_bucket_reso),
        ("batch_size", choice.batch_size),
    ];
    let field = |(name, value): (&str, String)| {
        view! { <input type="hidden" name=format!("choice[{name}]") value=value /> }
    };
    let words = ("bucket_no_upscale", choice.bucket_no_upscale.to_string());
    let fields = fields.map(|(name, value)| (name, value.to_string()));
    fields
        .into_iter()
        .chain([words])
        .map(field)
        .collect_view()
        .into_any()
}

/// In the words of the view: so many are bad, so many to be looked at.
fn remarked((bad, look): (usize, usize)) -> String {
    match (bad, look) {
        (bad, 0) => format!("{bad} bad"),
        (0, look) => format!("{look} to look at"),
        (bad, look) => format!("{bad} bad, {look} to look at"),
    }
}

/// The way from the grid to the view.
#[component]
pub fn ViewLink(data: Data) -> impl IntoView {
    let counts = Memo::new(move |_| {
        data.listing.with(|l| {
            let states = l.page.images.iter().filter_map(|i| i.quality.as_ref());
            states.fold((0, 0), |(bad, look), quality| match quality.state {
                QualityState::Bad => (bad + 1, look),
                QualityState::Look => (bad, look + 1),
                QualityState::Fine => (bad, look),
            })
        })
    });
    view! {
        <a
            class="button button--secondary"
            href=move || data.address.with(|a| here(a, &data.style_id(), &[]))
        >
            <Icon name="check" />
            "Quality"
            <span class="quality__count" hidden=move || counts.get() == (0, 0)>
                {move || remarked(counts.get())}
            </span>
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_keeps_set_and_size_when_its_rows_change() {
        let address = Address::parse("view=quality&set=2&width=768&saved=1&image=a.jpg");
        let bad = here(&address, "1", &[("show", "bad")]);
        assert_eq!(bad, "/styles/1/data?view=quality&set=2&width=768&show=bad");
        let all = here(
            &Address::parse("view=quality&show=bad"),
            "1",
            &[("show", "")],
        );
        assert_eq!(all, "/styles/1/data?view=quality");
        assert_eq!(images(&address, "1"), "/styles/1/data?set=2");
        assert_eq!(
            image(&address, "1", "b c.jpg"),
            "/styles/1/data?set=2&image=b%20c.jpg"
        );
    }

    #[test]
    fn the_rows_are_read_from_the_address_and_begin_anew_with_another_choice_of_them() {
        let address =
            Address::parse("view=quality&set=2&show=look&bucket=1024x256&order=bucket&page=300");
        let asked = wanted(&address);
        assert_eq!(asked.state, Some(QualityState::Look));
        assert_eq!(
            (asked.bucket, asked.order, asked.offset),
            (Some((1_024, 256)), Order::Bucket, 300)
        );
        let odd = "view=quality&show=ugly&bucket=256&order=colour&page=-1";
        assert_eq!(wanted(&Address::parse(odd)), Wanted::default());
        let bad = table(&address, "1", &[("show", "bad")]);
        let kept = "/styles/1/data?view=quality&set=2&bucket=1024x256&order=bucket";
        assert_eq!(bad, format!("{kept}&show=bad#quality-images"));
    }

    #[test]
    fn a_form_leads_to_the_view_without_what_was_left_empty() {
        let typed = "view=quality&set=&width=768&height=&show=bad&filenames%5B%5D=a%26b.jpg&odd=1";
        assert_eq!(
            asked(typed).href("1"),
            "/styles/1/data?view=quality&width=768&show=bad&filenames%5B%5D=a%26b.jpg"
        );
    }

    #[test]
    fn the_link_counts_in_the_words_of_the_view() {
        assert_eq!(remarked((12, 0)), "12 bad");
        assert_eq!(remarked((0, 3)), "3 to look at");
        assert_eq!(remarked((1, 2)), "1 bad, 2 to look at");
    }

    #[test]
    fn a_size_is_read_from_the_address_and_what_is_no_number_is_refused() {
        assert_eq!(choice(&Address::parse("view=quality")), None);
        let square = choice(&Address::parse("width=768&batch_size=4")).expect("a size");
        assert_eq!(
            (square.width, square.height, square.batch_size),
            (768, 768, 4)
        );
        let odd = choice(&Address::parse("width=many")).expect("a size");
        assert!(odd.problems().iter().any(|p| p.0 == "width"));
    }
}
