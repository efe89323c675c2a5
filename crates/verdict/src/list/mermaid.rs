//! The list as a picture: a flowchart in the language of Mermaid, which code review sites draw.
//!
//! Source of the language: <https://mermaid.js.org/syntax/flowchart.html>. Ids are numbers of our own, and every name
//! stands in quotes, with what means something there written as an entity: no name can become part of the picture.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use meshgen_reach::Certainty;

use super::{Report, Told};

/// So many ports stand on an arrow before the rest is only counted.
const LONG: usize = 40;

/// So many blocks of addresses stand in a node before the rest is only counted.
const BLOCKS: usize = 3;

/// Between the blocks of addresses of a node.
const AND: &str = ", ";

/// An arrow: from, to, what it says, and whether it is refused.
type Arrow = (usize, usize, String, bool);

/// The nodes, by name, in the order in which they are met.
#[derive(Default)]
struct Nodes {
    numbers: BTreeMap<String, usize>,
    names: Vec<String>,
}

impl Nodes {
    fn number(&mut self, name: &str) -> usize {
        let fresh = self.names.len();
        let number = *self.numbers.entry(name.to_owned()).or_insert(fresh);
        if number == fresh {
            self.names.push(name.to_owned());
        }
        number
    }
}

impl Report {
    /// For those who would rather look: who connects to whom, by which ports, and with dots what the mesh refuses.
    /// Groups that speak of all, or leave some out, are nodes of their own; workloads stand in their namespaces.
    pub fn mermaid(&self) -> String {
        let mut nodes = Nodes::default();
        let mut arrows: BTreeSet<Arrow> = BTreeSet::new();
        for line in &self.lines {
            let said = format!("{}{}", short(&line.ports.to_string()), brief(line));
            arrows.extend(pairs(&mut nodes, &line.from, &line.to).map(|(f, t)| (f, t, said.clone(), false)));
        }
        for line in &self.refused {
            let said = format!("{}: {}", short(&line.ports.to_string()), line.outcome.word());
            arrows.extend(pairs(&mut nodes, &line.from, &line.to).map(|(f, t)| (f, t, said.clone(), true)));
        }
        for way in self.ways.iter().filter(|way| way.is_open()) {
            let said = format!("{} by {}", short(&way.way.told()), way.way.door);
            let ends = (nodes.number("outside"), nodes.number(&way.way.to));
            arrows.insert((ends.0, ends.1, said, false));
        }
        let mut text = "flowchart LR\n".to_owned();
        let mut homes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, name) in nodes.names.iter().enumerate() {
            match name.split_once('/').filter(|(home, rest)| is_name(home) && !rest.contains('/')) {
                Some((home, _)) => homes.entry(home).or_default().push(number),
                None => {
                    let _ = writeln!(text, "  n{number}([\"{}\"])", quoted(&counted(name)));
                }
            }
        }
        for (number, (home, members)) in homes.iter().enumerate() {
            let _ = writeln!(text, "  subgraph s{number}[\"{}\"]", quoted(home));
            for member in members {
                let name = nodes.names.get(*member).and_then(|name| name.split_once('/'));
                let name = name.map_or("", |(_, name)| if name == "*" { "every workload" } else { name });
                let _ = writeln!(text, "    n{member}[\"{}\"]", quoted(name));
            }
            text.push_str("  end\n");
        }
        for (from, to, said, refused) in &arrows {
            let arrow = if *refused { "-.->" } else { "-->" };
            let _ = writeln!(text, "  n{from} {arrow}|\"{}\"| n{to}", quoted(said));
        }
        text
    }
}

/// The connections between each node of one side and each of the other.
fn pairs(nodes: &mut Nodes, from: &[String], to: &[String]) -> impl Iterator<Item = (usize, usize)> + use<> {
    let mut numbers =
        |names: &[String]| -> Vec<usize> { parts(names).iter().map(|name| nodes.number(name)).collect() };
    let (from, to) = (numbers(from), numbers(to));
    from.into_iter().flat_map(move |f| to.clone().into_iter().map(move |t| (f, t)))
}

/// The names that stand alone; what is left out of a group stays with it, and addresses are one node.
fn parts(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (addresses, names): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_addresses(name));
    for name in names {
        match all.last_mut().filter(|_| name.starts_with("except ")) {
            Some(group) => {
                group.push_str(", ");
                group.push_str(name);
            }
            None => all.push(name.clone()),
        }
    }
    if !addresses.is_empty() {
        all.push(addresses.into_iter().map(String::as_str).collect::<Vec<_>>().join(AND));
    }
    for name in &mut all {
        if let Some(rest) = name.strip_prefix('*') {
            *name = format!("every workload{rest}");
        }
    }
    all
}

/// What is said beside the ports, shortly: the list tells all of it.
fn brief(line: &Told) -> String {
    match (&line.remains, line.certainty) {
        (Some(remains), _) => format!(", {remains}"),
        (None, Certainty::Unknown) => ", unknown".to_owned(),
        (None, Certainty::Sure) => String::new(),
    }
}

fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONG).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The first few blocks of a node of addresses, and how many there are besides; every other name as it is.
fn counted(name: &str) -> String {
    let blocks: Vec<&str> = name.split(AND).collect();
    match blocks.get(..BLOCKS) {
        Some(shown) if blocks.len() > BLOCKS && blocks.iter().all(|block| is_addresses(block)) => {
            format!("{} and {} more", shown.join(AND), blocks.len() - BLOCKS)
        }
        _ => name.to_owned(),
    }
}

/// A block or a range of addresses: workloads have brackets, and groups of them stars.
fn is_addresses(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_hexdigit() || ".:/-".contains(c))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// A text in quotes: what Mermaid, Markdown or HTML could take for something else is an entity, by number.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -.,:/=[]()".contains(c);
    let mut all = String::new();
    for c in text.chars() {
        if plain(c) {
            all.push(c);
        } else {
            let _ = write!(all, "#{};", u32::from(c));
        }
    }
    all
}
