//! What a spec made from manifests does not say.

use std::collections::BTreeMap;

use meshgen_yaml::At;

use crate::object::Object;

/// Objects that the spec does not say, or says otherwise, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The reason, and what becomes of them.
    pub why: String,
    /// The objects as `Kind namespace/name`, each where it was read.
    pub objects: Vec<At<String>>,
}

/// Notes, by their reason.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<String, Vec<At<String>>>);

impl Notes {
    /// Says why an object is not in the spec as it was.
    pub(crate) fn add(&mut self, object: &Object, why: impl Into<String>) {
        let at = At { value: object.to_string(), place: object.place };
        self.0.entry(why.into()).or_default().push(at);
    }

    /// Says why something that is no object is left alone.
    pub(crate) fn add_other(&mut self, at: At<String>, why: &str) {
        self.0.entry(why.to_owned()).or_default().push(at);
    }

    /// All of them, in the order of the files.
    pub(crate) fn into_list(self) -> Vec<Note> {
        let mut list: Vec<Note> = self
            .0
            .into_iter()
            .map(|(why, mut objects)| {
                objects.sort_by_key(|o| o.place);
                Note { why, objects }
            })
            .collect();
        list.sort_by_key(|note| note.objects.first().map(|o| o.place));
        list
    }
}
