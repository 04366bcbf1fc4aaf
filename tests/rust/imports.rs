//! Data flows one way: a module imports only what stands before it in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The line of ARCHITECTURE.md that gives the order.
fn order() -> Vec<String> {
    let page = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("    ") && (line.contains(" -> ") || line.ends_with("->")));
    let names = lines.flat_map(|line| line.split([',', '>'])).map(|name| name.trim().trim_end_matches('-').trim().to_string());
    names.filter(|name| !name.is_empty()).collect()
}

/// All files of a folder, at any depth.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).filter(|path| path.is_file()).collect();
    found.sort();
    found
}

/// The module that a file is, as names from the crate on.
fn module(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(Path::new(ROOT).join("src")).unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_string());
    names.filter(|name| !["mod", "lib"].contains(&name.as_str())).collect()
}

/// The text without comments, and without what stands between quotes.
fn code(text: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or("").split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The paths of a tree like `a::{b, c::{d, e}}`.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, inside)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_string()];
    };
    let inside = &inside[..inside.rfind('}').expect("braces come in pairs")];
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(paths).map(|path| format!("{}{path}", before.trim())).collect()
}

/// All paths that a file names in `use` and, from the crate on, anywhere.
fn named(code: &str) -> Vec<String> {
    let uses = code.split_inclusive(';').filter_map(|statement| {
        let start = statement.find("use ").filter(|at| *at == 0 || statement[..*at].ends_with(['\n', ' ', ')']))?;
        statement.ends_with(';').then(|| &statement[start + 4..statement.len() - 1])
    });
    let anywhere = code.match_indices("crate::").map(|(at, _)| {
        let end = code[at..].find(|letter: char| !letter.is_alphanumeric() && !['_', ':'].contains(&letter));
        code[at..end.map_or(code.len(), |end| at + end)].to_string()
    });
    uses.flat_map(paths).chain(anywhere).collect()
}

/// The module that a path of a file leads to or into, where it is one of this crate.
fn resolved(path: &str, here: &[String], known: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let names: Vec<String> = path.split("::").map(str::to_string).collect();
    let ups = names.iter().take_while(|name| *name == "super").count();
    match names[0].as_str() {
        "crate" => Some(names[1..].to_vec()),
        "self" => Some([here, &names[1..]].concat()),
        "super" => Some([&here[..here.len().saturating_sub(ups)], &names[ups..]].concat()),
        first => known.contains(&[here, &[first.to_string()]].concat()).then(|| [here, &names].concat()),
    }
}

/// The place in the order of the room that a module is in, and the room.
fn room<'a>(module: &[String], order: &'a [String]) -> Option<(usize, &'a str)> {
    let is_in = |room: &str| room.split('/').map(str::to_string).eq(module.iter().take(room.split('/').count()).cloned());
    let rooms = order.iter().enumerate().filter(|(_, room)| is_in(room));
    rooms.max_by_key(|(_, room)| room.len()).map(|(place, room)| (place, room.as_str()))
}

#[test]
fn a_module_imports_only_what_stands_before_it() {
    let (order, files) = (order(), files(&Path::new(ROOT).join("src")));
    let known: BTreeSet<Vec<String>> = files.iter().map(|file| module(file)).collect();
    let mut wrong = Vec::new();
    for file in &files {
        let here = module(file);
        if here.is_empty() {
            continue;
        }
        let (place, name) = room(&here, &order).unwrap_or_else(|| panic!("{} stands in no room of the order", file.display()));
        for path in named(&code(&fs::read_to_string(file).unwrap())) {
            let Some(to) = resolved(&path, &here, &known) else { continue };
            match room(&to, &order) {
                Some((_, to)) if to == name => {}
                Some((before, to)) if before < place && (name != "simulate" || may_simulate(to, &order)) => {}
                Some((_, to)) => wrong.push(format!("{}: {name} imports {to} ({path})", file.display())),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Simulated chains know nothing of stores: what reads them must not have made them.
fn may_simulate(room: &str, order: &[String]) -> bool {
    let place = |name: &str| order.iter().position(|room| room == name).unwrap();
    place(room) <= place("blocks")
}

#[test]
fn the_order_has_every_module_of_the_crate() {
    let order = order();
    let lib = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    let modules = code(&lib);
    let modules = modules.lines().filter_map(|line| line.strip_prefix("pub mod ").or(line.strip_prefix("mod ")));
    for name in modules.map(|line| line.trim_end_matches(';')) {
        assert!(order.iter().any(|room| room == name), "{name} is not in the order of ARCHITECTURE.md");
    }
}

#[test]
fn trees_of_imports_are_taken_apart() {
    assert_eq!(paths("crate::{a, b::{c, d as e}}"), ["crate::a", "crate::b::c", "crate::b::d"]);
    let code = code("use crate::a::B; // use crate::c::D;\nfn x() { crate::e::f(\"crate::g\") }");
    assert_eq!(named(&code), ["crate::a::B", "crate::a::B", "crate::e::f"]);
}

#[test]
fn what_stands_behind_the_chain_reads_no_columns() {
    let order = order();
    let chain = order.iter().position(|room| room == "chain").unwrap();
    let files = files(&Path::new(ROOT).join("src"));
    let behind =
        files.iter().filter(|file| room(&module(file), &order).is_some_and(|(place, name)| place > chain && name != "verify"));
    for file in behind {
        let code = code(&fs::read_to_string(file).unwrap());
        for raw in ["store::reader", "store::column", "store::Columns", "store().columns"] {
            assert!(!code.contains(raw), "{} uses {raw}; the chain has what it needs", file.display());
        }
    }
}
