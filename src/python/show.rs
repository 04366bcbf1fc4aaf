//! How objects and tables show themselves in a notebook and in a terminal. Only what is shown is shortened: data and exports never are.

use std::fmt::Write;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field};

use crate::error::Result;
use crate::table::Table;

/// Rows of a long table that are shown at its beginning and at its end.
const SHOWN: u64 = 5;
/// Tables of up to so many rows are shown whole in a notebook, and in a terminal.
const WHOLE_IN_NOTEBOOK: u64 = 40;
const WHOLE_IN_TERMINAL: u64 = 2 * SHOWN;
/// Columns beyond these are left out in a terminal.
const WIDTH: usize = 160;
/// No text that is shown has more characters: an output can carry a hundred thousand bytes of data.
const LONGEST: usize = 200;
/// Single words beyond this (hashes, addresses) are narrowed by the browser, which still holds all of them.
const NARROW: usize = 20;

/// Facts about one thing as a small table in HTML.
pub fn facts(title: &str, facts: &[(&str, String)]) -> String {
    let rows = facts.iter().fold(String::new(), |mut rows, (name, value)| {
        write!(
            rows,
            "<tr><th style=\"text-align:left\">{}</th><td style=\"text-align:left\">{}</td></tr>",
            escape(name),
            escape(&cut(value))
        )
        .expect("writing to a String cannot fail");
        rows
    });
    format!("<table><caption style=\"text-align:left\"><b>{}</b></caption>{rows}</table>", escape(&cut(title)))
}

/// A text as it is shown: its beginning, where it is very long.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some(_) => format!("{}…", text.chars().take(LONGEST - 1).collect::<String>()),
        None => text.to_string(),
    }
}

/// An amount with its unit, the thousands set apart.
pub fn satoshi(amount: u64) -> String {
    format!("{} sat", number(amount))
}

/// An amount as people read it.
pub fn bitcoin(amount: u64) -> String {
    format!("{} BTC", coins(amount as i128))
}

fn coins(satoshi: i128) -> String {
    let (sign, amount) = (if satoshi < 0 { "-" } else { "" }, satoshi.unsigned_abs());
    format!("{sign}{}.{:08}", number((amount / 100_000_000) as u64), amount % 100_000_000)
}

/// A number with its thousands set apart.
pub use crate::text::grouped as number;

/// How a column is shown in a notebook.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Time,
    /// A number that is a name: a year, a version.
    Digits,
    Number,
    /// An amount: satoshi in the data, BTC for people.
    Satoshi,
    Share,
}

/// Columns of whole numbers that are amounts, in all tables.
const AMOUNTS: [&str; 29] = [
    "amount",
    "amount_in",
    "amount_out",
    "balance",
    "blamed",
    "cluster_received",
    "cluster_sent",
    "direct",
    "fee",
    "fees",
    "found_value",
    "held",
    "highest",
    "indirect",
    "input_value",
    "internal",
    "lost",
    "lowest",
    "peeled",
    "peeled_total",
    "received",
    "seen_received",
    "seen_sent",
    "sent",
    "change_value",
    "value",
    "value_in",
    "value_out",
    "spread",
];

/// Columns of fractions that are shares of a whole.
const SHARES: [&str; 6] = ["coverage", "precision", "probability", "rate", "recall", "share"];

/// Columns of whole numbers that nobody counts with.
const NAMES: [&str; 5] = ["bits", "fingerprint", "nonce", "version", "year"];

impl Kind {
    fn of(field: &Field) -> Kind {
        let name = field.name().as_str();
        let last = name.rsplit('_').next().unwrap_or(name);
        match field.data_type() {
            DataType::Timestamp(..) => Kind::Time,
            of if of.is_floating() && SHARES.contains(&last) => Kind::Share,
            of if of.is_floating() => Kind::Number,
            of if of.is_integer() && NAMES.contains(&name) => Kind::Digits,
            DataType::Int64 | DataType::UInt64 if AMOUNTS.contains(&name) => Kind::Satoshi,
            of if of.is_integer() => Kind::Number,
            _ => Kind::Text,
        }
    }

    fn head(self, name: &str) -> String {
        if self == Kind::Satoshi { format!("{name} (BTC)") } else { name.to_string() }
    }

    /// What stands in a cell, from the text of its value.
    fn html(self, text: &str) -> String {
        match self {
            Kind::Text => narrowed(&cut(text)),
            Kind::Time | Kind::Digits => escape(text),
            Kind::Number => text.parse().map_or(escape(text), |value: i128| signed(value)),
            Kind::Satoshi => text.parse().map_or(escape(text), coins),
            Kind::Share => text.parse().map_or(escape(text), |share: f64| format!("{:.2} %", 100.0 * share)),
        }
    }

    fn style(self) -> &'static str {
        match self {
            Kind::Text => "text-align:left",
            Kind::Time => "text-align:left;white-space:nowrap",
            _ => "text-align:right;white-space:nowrap",
        }
    }
}

fn signed(value: i128) -> String {
    format!("{}{}", if value < 0 { "-" } else { "" }, number(value.unsigned_abs() as u64))
}

/// A long word in little room: whole on hover, and when it is copied.
fn narrowed(text: &str) -> String {
    let escaped = escape(text);
    if text.chars().count() <= NARROW || text.contains(char::is_whitespace) {
        return escaped;
    }
    format!(
        "<span title=\"{escaped}\" style=\"display:inline-block;max-width:16ch;overflow:hidden;text-overflow:ellipsis;\
         white-space:nowrap;vertical-align:bottom\">{escaped}</span>"
    )
}

/// Rows of a table as texts; a gap where some are left out.
struct Excerpt {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    gap: Option<usize>,
}

fn excerpt(table: &Table, whole: u64) -> Result<Excerpt> {
    let names = table.schema().fields().iter().map(|f| f.name().clone()).collect();
    let total = table.num_rows();
    if total <= whole {
        return Ok(Excerpt { names, rows: cells(&table.slice(0, total)?), gap: None });
    }
    let mut rows = cells(&table.slice(0, SHOWN)?);
    rows.extend(cells(&table.slice(total - SHOWN, SHOWN)?));
    Ok(Excerpt { names, rows, gap: Some(SHOWN as usize) })
}

fn cells(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("null").with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S UTC"));
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect();
        for row in 0..batch.num_rows() {
            let text = |column: &std::result::Result<ArrayFormatter<'_>, _>| {
                column.as_ref().map_or("?".to_string(), |c| c.value(row).to_string())
            };
            rows.push(columns.iter().map(text).collect());
        }
    }
    rows
}

pub fn html(table: &Table) -> Result<String> {
    let excerpt = excerpt(table, WHOLE_IN_NOTEBOOK)?;
    let kinds: Vec<Kind> = table.schema().fields().iter().map(|field| Kind::of(field)).collect();
    let cell = |tag: &str, kind: Kind, inside: &str| format!("<{tag} style=\"{}\">{inside}</{tag}>", kind.style());
    let head: String =
        kinds.iter().zip(&excerpt.names).map(|(kind, name)| cell("th", *kind, &escape(&cut(&kind.head(name))))).collect();
    let mut body = String::new();
    for (i, row) in excerpt.rows.iter().enumerate() {
        if excerpt.gap == Some(i) {
            write!(body, "<tr>{}</tr>", kinds.iter().map(|kind| cell("td", *kind, "…")).collect::<String>())
                .expect("writing to a String cannot fail");
        }
        let cells: String = kinds.iter().zip(row).map(|(kind, text)| cell("td", *kind, &kind.html(text))).collect();
        write!(body, "<tr>{cells}</tr>").expect("writing to a String cannot fail");
    }
    Ok(format!("<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{}</p>", size(table)))
}

pub fn text(table: &Table) -> Result<String> {
    let excerpt = excerpt(table, WHOLE_IN_TERMINAL)?;
    let short = |text: &str| {
        if text.chars().count() > 24 { format!("{}…", text.chars().take(23).collect::<String>()) } else { text.to_string() }
    };
    let rows: Vec<Vec<String>> = excerpt.rows.iter().map(|row| row.iter().map(|text| short(text)).collect()).collect();
    let length = |text: &String| text.chars().count();
    let widths: Vec<usize> = (0..excerpt.names.len())
        .map(|i| rows.iter().map(|row| length(&row[i])).chain([length(&excerpt.names[i])]).max().unwrap_or(0))
        .collect();
    let mut room = WIDTH;
    let fitting = widths.iter().take_while(|width| {
        let fits = **width + 2 <= room;
        room = room.saturating_sub(**width + 2);
        fits
    });
    let shown = fitting.count().max(1).min(widths.len());
    let line = |cells: &[String]| {
        cells.iter().zip(&widths).take(shown).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>().join("  ")
    };
    let mut lines = vec![line(&excerpt.names)];
    for (i, row) in rows.iter().enumerate() {
        if excerpt.gap == Some(i) {
            lines.push("…".to_string());
        }
        lines.push(line(row));
    }
    let left_out = widths.len() - shown;
    let more = if left_out > 0 { format!(", {left_out} columns not shown") } else { String::new() };
    lines.push(format!("[{}{more}]", size(table)));
    Ok(lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"))
}

fn size(table: &Table) -> String {
    format!("{} rows × {} columns", number(table.num_rows()), table.schema().fields().len())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
