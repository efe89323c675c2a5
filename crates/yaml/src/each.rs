//! All documents of some files, for whoever reads them one after another.

use std::{sync::mpsc::sync_channel, thread};

use crate::{Limits, Node, Problem, Sources, documents, split_documents};

/// Texts that are longer are parsed by a thread of their own, while those that came before are looked at.
const LONG: usize = 256 << 10;
/// Documents are handed over by so many: to wake whoever looks at them costs more than to read a small one.
const TOGETHER: usize = 64;
/// How many times as many may wait to be looked at.
const AHEAD: usize = 4;

/// Gives the documents of files to `look`, in their order, once for all who look at them. A bad document hides no
/// other: it is a problem in its place.
pub fn each(sources: &Sources, mut look: impl FnMut(Result<Vec<Node>, Box<Problem>>)) {
    let all = || {
        sources.iter().flat_map(|(file, source)| {
            let read = move |range| documents(file, &source.text, range, Limits::default());
            split_documents(&source.text).into_iter().map(read)
        })
    };
    if sources.iter().map(|(_, source)| source.text.len()).sum::<usize>() < LONG {
        return all().for_each(look);
    }
    let (sender, receiver) = sync_channel(AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut read = all().peekable();
            while read.peek().is_some() {
                let some: Vec<_> = read.by_ref().take(TOGETHER).collect();
                // Nobody looks any more.
                if sender.send(some).is_err() {
                    return;
                }
            }
        });
        receiver.into_iter().flatten().for_each(&mut look);
    });
}
