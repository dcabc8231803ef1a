//! Text inside a `<textarea>`.

/// What goes between the tags. The server writes a text area's content into the page unescaped, and the browser ends the element at
/// the first `</textarea>` of it: text of strangers would go on as markup.
pub fn textarea_content(text: impl Into<String>) -> String {
    let text = text.into();
    if cfg!(feature = "ssr") {
        text.replace('&', "&amp;").replace('<', "&lt;")
    } else {
        text
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::textarea_content;

    #[test]
    fn nothing_in_it_ends_the_element() {
        let text = "a & b </textarea><img src=x>";
        let written = "a &amp; b &lt;/textarea>&lt;img src=x>";
        assert_eq!(textarea_content(text), written);
    }
}
