//! Parameters, plan, outcome and model file in columns: rows that differ in a table, equal ones folded under it.

use crate::styles::model::StyleId;
use crate::training::model::compare::{Column, Row, Section};
use crate::training::ui::history::good_mark;
use crate::ui::Badge;
use crate::ui::units::{minute, plural};
use leptos::prelude::*;

#[component]
pub fn Sections(style: StyleId, columns: Vec<Column>, sections: Vec<Section>) -> impl IntoView {
    let heads = columns.iter().map(|column| {
        let href = format!("/styles/{style}/versions/{}", column.id);
        let kind = column.status.as_str().to_owned();
        view! {
            <li class="compare__column">
                <a class="compare__name" href=href>
                    {column.name.clone()}
                </a>
                <Badge kind=kind.clone() text=kind />
                {column.good.then(good_mark)}
                <span class="muted">{minute(&column.timestamp)}</span>
            </li>
        }
    });
    let heads: Vec<_> = heads.collect();
    let names = StoredValue::new(columns.into_iter().map(|c| c.name).collect::<Vec<_>>());
    let sections = sections.into_iter().map(|section| {
        view! { <OneSection section names /> }
    });
    view! {
        <ul class="compare__columns">{heads}</ul>
        {sections.collect_view()}
    }
}

#[component]
fn OneSection(section: Section, names: StoredValue<Vec<String>>) -> impl IntoView {
    let Section { title, rows } = section;
    let recorded = !rows.is_empty();
    let (differing, others): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.differs);
    let (partial, equal): (Vec<Row>, Vec<Row>) = others.into_iter().partition(Row::is_partial);
    let note = match (differing.len(), recorded) {
        (_, false) => "not recorded".to_owned(),
        (0, _) => "no difference".to_owned(),
        (n, _) => plural(n, "difference"),
    };
    let unsure = (!partial.is_empty()).then(|| {
        let words = format!("{} not recorded for each of them", partial.len());
        let title = format!("{title}, not recorded for each");
        view! {
            <details class="disclosure">
                <summary class="disclosure__summary">{words}</summary>
                <div class="disclosure__body">
                    <Table title rows=partial names />
                </div>
            </details>
        }
    });
    let table = (!differing.is_empty()).then(|| {
        view! { <Table title=title.clone() rows=differing names /> }
    });
    let count = equal.len();
    let folded = (count > 0).then(|| {
        let rows = equal.into_iter().map(|row| {
            let value = row.values.into_iter().flatten().next();
            view! {
                <dt class="facts__name">{row.label}</dt>
                <dd class="facts__value">{shown(value)}</dd>
            }
        });
        view! {
            <details class="disclosure">
                <summary class="disclosure__summary">{format!("{count} equal")}</summary>
                <dl class="facts disclosure__body">{rows.collect_view()}</dl>
            </details>
        }
    });
    view! {
        <section class="panel" aria-label=title.clone()>
            <div class="panel__head">
                <h3 class="panel__title">{title.clone()}</h3>
                <span class="panel__note">{note}</span>
            </div>
            {table}
            {unsure}
            {folded}
        </section>
    }
}

#[component]
fn Table(title: String, rows: Vec<Row>, names: StoredValue<Vec<String>>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let first = row.values.iter().flatten().next().cloned();
        let cell = |value: Option<String>| {
            let text = shown(value.clone());
            if value.is_none() {
                view! { <td class="muted">{text}</td> }.into_any()
            } else if value == first {
                view! { <td>{text}</td> }.into_any()
            } else {
                view! {
                    <td>
                        <mark class="compare__changed">{text}</mark>
                    </td>
                }
                .into_any()
            }
        };
        let cells: Vec<_> = row.values.into_iter().map(cell).collect();
        view! {
            <tr>
                <th scope="row">
                    {row.label} " " <code class="parameter__name">{row.name}</code>
                </th>
                {cells}
            </tr>
        }
    });
    let wide = names.with_value(|names| names.len() > 2);
    let heads = names.with_value(|names| {
        let head = |name: &String| view! { <th scope="col">{name.clone()}</th> };
        names.iter().map(head).collect::<Vec<_>>()
    });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=format!("{title}: differences")>
            <table class="table compare__table" class:compare__table--wide=wide>
                <thead>
                    <tr>
                        <th scope="col">
                            <span class="visually-hidden">"What"</span>
                        </th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

fn shown(value: Option<String>) -> String {
    match value {
        None => "not recorded".to_owned(),
        Some(text) if text.is_empty() => "empty".to_owned(),
        Some(text) => text,
    }
}
