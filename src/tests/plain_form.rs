//! A page's forms as a browser without JavaScript has them: fields with their values, sent as they stand, redirects followed.
//!
//! Reads the HTML our own pages write, not the HTML of the world: double-quoted attributes, no forms inside forms.

use super::studio::{Answer, TestStudio};
use reqwest::Method;

/// One `<form>` of a page.
#[derive(Debug)]
pub struct PlainForm {
    /// The page it stands on.
    page: String,
    action: String,
    fields: Vec<(String, String)>,
}

impl PlainForm {
    /// The form of `page` that posts to `/rpc/{operation}`.
    pub async fn on(studio: &TestStudio, page: &str, operation: &str) -> Self {
        let answer = studio.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        Self::find(page, &answer.text, operation)
    }

    fn find(page: &str, html: &str, operation: &str) -> Self {
        let forms = html
            .split("<form")
            .skip(1)
            .map(|rest| rest.split("</form>").next().unwrap_or(rest));
        let path = format!("/rpc/{operation}");
        let found = forms.filter_map(|form| {
            let (tag, _) = form.split_once('>')?;
            let action = attribute(tag, "action")?;
            let method = attribute(tag, "method")?.to_ascii_lowercase();
            (action == path && method == "post").then_some((action, form))
        });
        let (action, form) = found
            .last()
            .unwrap_or_else(|| panic!("{page} has no form for {path}"));
        Self {
            page: page.into(),
            action,
            fields: fields(form),
        }
    }

    pub fn value(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| value.as_str())
    }

    /// Types into a field that is there.
    pub fn fill(mut self, field: &str, value: &str) -> Self {
        let known: Vec<String> = self.fields.iter().map(|(name, _)| name.clone()).collect();
        let found = self.fields.iter_mut().find(|(name, _)| name == field);
        found
            .unwrap_or_else(|| panic!("{} has no field {field}, only {known:?}", self.page))
            .1 = value.into();
        self
    }

    /// With the button that is pressed, which adds its name and value.
    pub fn press(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Submits, and loads the page it leads to: its address and content.
    pub async fn submit(self, studio: &TestStudio) -> (String, Answer) {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        let request = studio
            .request(Method::POST, &self.action)
            .header("accept", "text/html,application/xhtml+xml")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &studio.page)
            .header("referer", format!("{}{}", studio.page, self.page));
        let answer = studio.send(request.body(body)).await;
        assert!(
            (300..400).contains(&answer.status),
            "{}: {} {}",
            self.action,
            answer.status,
            answer.text
        );
        let mut to = answer.header("location").replacen(&studio.page, "", 1);
        let mut page = studio.get(&to).await;
        while (300..400).contains(&page.status) {
            to = page.header("location").replacen(&studio.page, "", 1);
            page = studio.get(&to).await;
        }
        (to, page)
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[start..].split('"').next()?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// What a browser would send: no buttons, no unchecked boxes, the selected option.
fn fields(form: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in form.match_indices('<') {
        let rest = &form[at + 1..];
        let Some((tag, after)) = rest.split_once('>') else {
            continue;
        };
        let Some(name) = attribute(tag, "name") else {
            continue;
        };
        let value = || attribute(tag, "value");
        if tag.contains(" disabled") {
            continue;
        }
        if tag.starts_with("input") {
            let kind = attribute(tag, "type").unwrap_or_default();
            let box_is_off =
                matches!(kind.as_str(), "checkbox" | "radio") && !tag.contains(" checked");
            if !box_is_off {
                found.push((name, value().unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            let text = after.split("</textarea>").next().unwrap_or_default();
            found.push((name, unescaped(text)));
        } else if tag.starts_with("select") {
            found.push((
                name,
                selected(after.split("</select>").next().unwrap_or_default()),
            ));
        }
    }
    found
}

/// The selected option's value, else the first one's.
fn selected(options: &str) -> String {
    let tags = options
        .split("<option")
        .skip(1)
        .filter_map(|o| o.split_once('>').map(|(tag, _)| tag));
    let all: Vec<&str> = tags.collect();
    let chosen = all
        .iter()
        .find(|tag| tag.contains(" selected"))
        .or(all.first());
    chosen
        .and_then(|tag| attribute(tag, "value"))
        .unwrap_or_default()
}
