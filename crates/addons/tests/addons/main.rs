//! Addons, from what is asked for to the objects that are written.

#[cfg(test)]
mod common;
#[cfg(test)]
mod known_keys;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod together;
#[cfg(test)]
mod upstream;
