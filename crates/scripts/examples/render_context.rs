//! Writes the files of a context to a folder: `render_context CONTEXT.json FOLDER`. For the checks in `ci/kit`.
#![expect(clippy::disallowed_methods, reason = "an example is not the pure crate")]

use std::{env, error::Error, fs, os::unix::fs::PermissionsExt, path::Path};

use meshgen_bundle::Content;
use meshgen_scripts::Context;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(context), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: render_context CONTEXT.json FOLDER".into());
    };
    let context: Context = serde_json::from_str(&fs::read_to_string(context)?)?;
    for file in meshgen_scripts::files(&context)? {
        let (text, mode) = match file.content {
            Content::Text(text) => (text, 0o644),
            Content::Script(text) => (text, 0o755),
            Content::Objects(_) | Content::Data(_) | Content::ChartTemplate(_) | Content::Gotmpl(_) => {
                return Err("only text is made of templates".into());
            }
        };
        let path = Path::new(&folder).join(file.path.as_str());
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}
