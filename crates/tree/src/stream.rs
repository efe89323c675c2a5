//! A bundle as one stream, for `kubectl apply -f -`.

use std::{
    error::Error,
    fmt,
    io::{self, BufWriter, Write},
};

use meshgen_bundle::Bundle;
use meshgen_yaml::WriteError;

use crate::{render::RenderError, unique::check_objects};

/// Writes all objects of a bundle, in order, each with the file that [`crate::render`] puts it into.
///
/// Nothing is written when two objects clash, and never more than a few objects are held as text.
pub fn stream(bundle: &Bundle, out: &mut impl Write) -> Result<(), StreamError> {
    check_objects(bundle).map_err(StreamError::Render)?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    for file in &bundle.files {
        for object in file.objects() {
            write!(out, "---\n# Source: {}\n", file.path)?;
            meshgen_yaml::to_writer(&mut out, object).map_err(|e| match e {
                WriteError::Io(e) => StreamError::Io(e),
                e => StreamError::Render(RenderError::of(object, e)),
            })?;
        }
    }
    Ok(out.flush()?)
}

/// Why a stream ended early.
#[derive(Debug)]
pub enum StreamError {
    /// The bundle cannot be rendered.
    Render(RenderError),
    /// The reader is gone, or the disk is full.
    Io(io::Error),
}

impl From<io::Error> for StreamError {
    fn from(e: io::Error) -> Self {
        StreamError::Io(e)
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::Render(e) => e.fmt(f),
            StreamError::Io(_) => f.write_str("cannot write the objects"),
        }
    }
}

impl Error for StreamError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StreamError::Render(e) => e.source(),
            StreamError::Io(e) => Some(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bundle, namespace, objects, text};

    #[test]
    fn each_object_says_which_file_it_is_from() {
        let files = [
            objects("z.yaml", [namespace("z"), namespace("y")]),
            text("n.txt", "not an object"),
            objects("a.yaml", [namespace("a")]),
        ];
        let mut out = Vec::new();
        stream(&bundle(files), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        ---
        # Source: z.yaml
        apiVersion: v1
        kind: Namespace
        metadata:
          name: z
        ---
        # Source: z.yaml
        apiVersion: v1
        kind: Namespace
        metadata:
          name: "y"
        ---
        # Source: a.yaml
        apiVersion: v1
        kind: Namespace
        metadata:
          name: a
        "#);
    }

    #[test]
    fn a_clash_is_found_before_anything_is_written() {
        let mut out = Vec::new();
        let twice = bundle([objects("a.yaml", [namespace("a")]), objects("b.yaml", [namespace("a")])]);
        assert!(matches!(stream(&twice, &mut out), Err(StreamError::Render(_))));
        assert!(out.is_empty());
    }

    #[test]
    fn a_reader_that_is_gone_is_told_apart() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let result = stream(&bundle([objects("a.yaml", [namespace("a")])]), &mut Gone);
        assert!(matches!(result, Err(StreamError::Io(e)) if e.kind() == io::ErrorKind::BrokenPipe));
    }
}
