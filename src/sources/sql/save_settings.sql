INSERT INTO source_settings (name, settings, added_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET settings = excluded.settings
