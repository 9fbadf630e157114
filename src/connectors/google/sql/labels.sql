-- Labels as a list of keys and values. Some exports print them as Python does: in either quotes, with None and True.
list_filter(
  CASE WHEN {text} IS NULL OR {text} = '[]' THEN NULL
    WHEN json_valid({text}) THEN from_json({text}, '[{"key":"VARCHAR","value":"VARCHAR"}]')
    ELSE list_transform(regexp_extract_all({text}, '\{(?:[^{}''"]|''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*")*\}'), o -> struct_pack(
      key := nullif(coalesce(nullif(regexp_extract(o, '[''"]key[''"]\s*:\s*"((?:[^"\\]|\\.)*)"', 1), ''), regexp_extract(o, '[''"]key[''"]\s*:\s*''((?:[^''\\]|\\.)*)''', 1)), ''),
      value := coalesce(nullif(regexp_extract(o, '[''"]value[''"]\s*:\s*"((?:[^"\\]|\\.)*)"', 1), ''), regexp_extract(o, '[''"]value[''"]\s*:\s*''((?:[^''\\]|\\.)*)''', 1)))) END,
  e -> e.key IS NOT NULL)
