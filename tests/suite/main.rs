mod store_runs;
mod store_speed;
mod store_world;
