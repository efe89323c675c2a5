//! `--only` and `--skip`: which parts of a tree a command is about.

use std::collections::BTreeSet;

use meshgen_bundle::Part;

/// The parts of a tree that are written, pruned and compared.
///
/// Invariant: [`Part::Tree`] is always among them, because `kustomization.yaml` has to list what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    parts: BTreeSet<Part>,
}

impl Selection {
    /// Every part.
    pub fn all() -> Self {
        Selection::only(Part::ALL)
    }

    /// These parts.
    pub fn only(parts: impl IntoIterator<Item = Part>) -> Self {
        Selection { parts: parts.into_iter().chain([Part::Tree]).collect() }
    }

    /// Every part but these.
    pub fn skip(parts: impl IntoIterator<Item = Part>) -> Self {
        let skipped: BTreeSet<Part> = parts.into_iter().collect();
        Selection::only(Part::ALL.into_iter().filter(|part| !skipped.contains(part)))
    }

    /// Whether a part is among them.
    pub fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

impl Default for Selection {
    fn default() -> Self {
        Selection::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kustomization_is_always_selected() {
        assert!(Selection::only([Part::Mesh]).has(Part::Tree));
        assert!(Selection::skip(Part::ALL).has(Part::Tree));
    }

    #[test]
    fn skip_is_the_rest_of_only() {
        let rest = Part::ALL.into_iter().filter(|p| *p != Part::Mesh);
        assert_eq!(Selection::skip([Part::Mesh, Part::Tree]), Selection::only(rest));
        assert_eq!(Selection::skip([]), Selection::all());
    }
}
