//! What a place in a spec is called: the section, and the key in it.

use meshgen_findings::Origin;
use meshgen_yaml::{Entry, Limits, Node, Place, Sources, documents};

/// The sections of a spec's files, so that a place can be named.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    files: Vec<Node>,
}

impl Paths {
    /// The paths of these files.
    pub fn of(sources: &Sources) -> Paths {
        let read = |(file, source): (_, &meshgen_yaml::Source)| {
            let all = documents(file, &source.text, 0..source.text.len(), Limits::default());
            all.ok().and_then(|all| all.into_iter().next())
        };
        Paths { files: sources.iter().filter_map(read).collect() }
    }

    /// A place with its path, such as `policies/shop/cart`; none if it is in no section.
    pub fn origin(&self, place: Place) -> Option<Origin> {
        let sections = self.files.iter().find(|file| file.place.file == place.file)?.entries();
        let section = before(sections, place)?;
        let key = before(section.value.entries(), place);
        let path = match key {
            Some(key) => format!("{}/{}", section.key.text, key.key.text),
            None => section.key.text.to_string(),
        };
        Some(Origin { place, path })
    }
}

/// The last entry that begins at a place or before it.
fn before(entries: &[Entry], place: Place) -> Option<&Entry> {
    entries
        .iter()
        .rev()
        .find(|entry| entry.key_place.file == place.file && entry.key_place.start <= place.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let text = "meshgen: v1\nsecurity: { mtls: STRICT }\npolicies:\n  shop/cart:\n    allow: [all]\n  shop/db: {}\nproject: x\n";
        let mut sources = Sources::default();
        let file = sources.add("meshgen.yaml", text);
        let start = u32::try_from(text.find(word).unwrap()).unwrap();
        let origin = Paths::of(&sources).origin(Place { file, start, end: start });
        assert_eq!(origin.map(|o| o.path).as_deref(), expected, "{word}");
    }

    #[test]
    fn a_place_is_called_by_its_section_and_the_key_in_it() {
        check("meshgen", Some("meshgen"));
        check("STRICT", Some("security/mtls"));
        check("policies", Some("policies"));
        check("shop/cart", Some("policies/shop/cart"));
        check("all]", Some("policies/shop/cart"));
        check("shop/db", Some("policies/shop/db"));
        check("x\n", Some("project"));
    }
}
