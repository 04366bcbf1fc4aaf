//! How objects and tables show themselves in a notebook and in a terminal.

use std::fmt::Write;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use crate::error::Result;
use crate::table::Table;

/// Rows of a table that are shown at its beginning and at its end.
const SHOWN: u64 = 5;
/// Columns beyond these are left out in a terminal.
const WIDTH: usize = 160;

/// Facts about one thing as a small table in HTML.
pub fn facts(title: &str, facts: &[(&str, String)]) -> String {
    let rows = facts.iter().fold(String::new(), |mut rows, (name, value)| {
        write!(
            rows,
            "<tr><th style=\"text-align:left\">{}</th><td style=\"text-align:left\">{}</td></tr>",
            escape(name),
            escape(value)
        )
        .expect("writing to a String cannot fail");
        rows
    });
    format!("<table><caption style=\"text-align:left\"><b>{}</b></caption>{rows}</table>", escape(title))
}

/// An amount with its unit, the thousands set apart.
pub fn satoshi(amount: u64) -> String {
    format!("{} sat", number(amount))
}

/// A number with its thousands set apart.
pub use crate::text::grouped as number;

/// The first and last rows of a table, as texts; an empty row stands for those between.
struct Excerpt {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    gap: Option<usize>,
}

fn excerpt(table: &Table) -> Result<Excerpt> {
    let names = table.schema().fields().iter().map(|f| f.name().clone()).collect();
    let total = table.num_rows();
    if total <= 2 * SHOWN {
        return Ok(Excerpt { names, rows: cells(&table.slice(0, total)?), gap: None });
    }
    let mut rows = cells(&table.slice(0, SHOWN)?);
    rows.extend(cells(&table.slice(total - SHOWN, SHOWN)?));
    Ok(Excerpt { names, rows, gap: Some(SHOWN as usize) })
}

fn cells(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("null").with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S"));
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
    let excerpt = excerpt(table)?;
    let cell = |tag: &str, text: &str| format!("<{tag} style=\"text-align:left\">{}</{tag}>", escape(text));
    let head: String = excerpt.names.iter().map(|name| cell("th", name)).collect();
    let mut body = String::new();
    for (i, row) in excerpt.rows.iter().enumerate() {
        if excerpt.gap == Some(i) {
            write!(body, "<tr>{}</tr>", cell("td", "…").repeat(row.len())).expect("writing to a String cannot fail");
        }
        let cells: String = row.iter().map(|text| cell("td", text)).collect();
        write!(body, "<tr>{cells}</tr>").expect("writing to a String cannot fail");
    }
    Ok(format!("<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{}</p>", size(table)))
}

pub fn text(table: &Table) -> Result<String> {
    let excerpt = excerpt(table)?;
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
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
