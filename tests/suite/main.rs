mod store_damage;
mod store_processes;
mod store_runs;
mod store_speed;
mod store_world;
