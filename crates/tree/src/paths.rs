//! Paths as text, `/` between their parts.

/// The folders that a path lies in, outermost first.
pub(crate) fn folders(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| path.split_at(at).0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_folders_of_a_path_are_its_beginnings() {
        assert_eq!(super::folders("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(super::folders("a").count(), 0);
    }
}
