using System.Text;
using Busbar.Configuration;

namespace Busbar.Import.Sql;

/// <summary>
/// Rows of some tables out of a plain dump of PostgreSQL, whether they stand in COPY or in INSERT. What belongs to other tables is passed over
/// without being kept, so that the size of the file does not matter.
/// </summary>
internal sealed class SqlDump
{
    /// <summary>Most rows that are kept.</summary>
    public const int MaxRows = 1_000_000;

    private readonly Dictionary<string, List<SqlRow>> _rows;
    private readonly Dictionary<string, Dictionary<string, int>> _columns = [];
    private readonly SqlScanner _scanner;
    private int _count;

    private SqlDump(string file, TextReader reader, IEnumerable<string> tables)
    {
        File = file;
        _scanner = new SqlScanner(reader);
        _rows = tables.ToDictionary(table => table, _ => new List<SqlRow>());
    }

    /// <summary>The name of the file.</summary>
    public string File { get; }

    /// <summary>
    /// Reads the rows of <paramref name="tables"/>. Throws <see cref="SqlException"/> for what is no such dump, and <see cref="IOException"/>.
    /// </summary>
    public static SqlDump Open(string file, IEnumerable<string> tables)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        Span<byte> magic = stackalloc byte[5];
        int length = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (magic[..length].SequenceEqual("PGDMP"u8))
        {
            throw new SqlException(
                "this is a dump in PostgreSQL's own format; make a plain one: pg_restore --file=dump.sql FILE, or pg_dump --format=plain");
        }

        if (length > 1 && magic[0] == 0x1F && magic[1] == 0x8B)
        {
            throw new SqlException("this file is compressed; unpack it with gunzip");
        }

        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return Read(file, reader, tables);
    }

    /// <summary>As <see cref="Open"/>, from text.</summary>
    public static SqlDump Read(string file, TextReader reader, IEnumerable<string> tables)
    {
        var dump = new SqlDump(file, reader, tables);
        try
        {
            dump.ReadStatements();
        }
        catch (DecoderFallbackException)
        {
            throw new SqlException("this is not text in UTF-8", dump._scanner.Line);
        }

        return dump;
    }

    /// <summary>The rows of a table that was asked for.</summary>
    public IReadOnlyList<SqlRow> Rows(string table) => _rows[table];

    private void ReadStatements()
    {
        for (SqlToken token = _scanner.Next(); token.Kind != SqlTokenKind.End; token = _scanner.Next())
        {
            if (token.Is("COPY"))
            {
                ReadCopy();
            }
            else if (token.Is("INSERT"))
            {
                ReadInsert();
            }
            else if (token.Is("CREATE"))
            {
                ReadCreate();
            }
            else if (!token.Is(';'))
            {
                SkipStatement();
            }
        }
    }

    private void SkipStatement()
    {
        for (SqlToken token = _scanner.Next(); !token.Is(';') && token.Kind != SqlTokenKind.End; token = _scanner.Next())
        {
        }
    }

    // The last part of a name that may have a schema in front.
    private string ReadTable(ref SqlToken token)
    {
        string name = "";
        while (token.Kind is SqlTokenKind.Name or SqlTokenKind.Word || token.Is('.'))
        {
            if (token.Is("FROM") || token.Is("VALUES") || token.Is("OVERRIDING"))
            {
                break;
            }

            name = token.Is('.') ? name : token.Text;
            token = _scanner.Next();
        }

        return name[(name.LastIndexOf('.') + 1)..];
    }

    private Dictionary<string, int>? ReadColumns(ref SqlToken token)
    {
        if (!token.Is('('))
        {
            return null;
        }

        Dictionary<string, int> columns = [];
        for (token = _scanner.Next(); !token.Is(')'); token = _scanner.Next())
        {
            if (token.Kind == SqlTokenKind.End)
            {
                throw new SqlException("the list of columns has no end", _scanner.Line);
            }

            if (!token.Is(','))
            {
                columns[token.Text] = columns.Count;
            }
        }

        token = _scanner.Next();
        return columns;
    }

    private void ReadCopy()
    {
        SqlToken token = _scanner.Next();
        string table = ReadTable(ref token);
        Dictionary<string, int>? columns = ReadColumns(ref token);
        bool isData = false;
        for (; !token.Is(';'); token = _scanner.Next())
        {
            isData |= token.Is("stdin");
            if (token.Kind == SqlTokenKind.End)
            {
                return;
            }
        }

        if (!isData)
        {
            return;
        }

        _scanner.ReadLine();
        List<SqlRow>? rows = _rows.GetValueOrDefault(table);
        if (rows is not null && columns is null)
        {
            columns = ColumnsOf(table);
        }

        while (true)
        {
            int line = _scanner.Line;
            if (_scanner.ReadLine() is not { } text)
            {
                throw new SqlException($"the data of \"{table}\" has no end ('\\.' on a line): the dump was cut off", line);
            }

            if (text == "\\.")
            {
                return;
            }

            if (rows is not null)
            {
                string?[] values = [.. text.Split('\t').Select(Unescape)];
                Keep(rows, table, columns!, values, line);
            }
        }
    }

    private void ReadInsert()
    {
        SqlToken token = _scanner.Next();
        if (token.Is("INTO"))
        {
            token = _scanner.Next();
        }

        string table = ReadTable(ref token);
        if (!_rows.TryGetValue(table, out List<SqlRow>? rows))
        {
            SkipStatement();
            return;
        }

        Dictionary<string, int> columns = ReadColumns(ref token) ?? ColumnsOf(table);
        while (!token.Is("VALUES"))
        {
            if (token.Kind == SqlTokenKind.End || token.Is(';'))
            {
                throw new SqlException($"an INSERT into \"{table}\" without VALUES cannot be read", _scanner.Line);
            }

            token = _scanner.Next();
        }

        for (token = _scanner.Next(); token.Is('(') || token.Is(','); token = _scanner.Next())
        {
            if (token.Is('('))
            {
                int line = _scanner.Line;
                Keep(rows, table, columns, [.. ReadValues()], line);
            }
        }

        if (!token.Is(';'))
        {
            SkipStatement();
        }
    }

    // Up to the closing bracket. A cast behind a value changes nothing of its text.
    private List<string?> ReadValues()
    {
        List<string?> values = [];
        string? value = null;
        bool isSet = false;
        while (true)
        {
            SqlToken token = _scanner.Next();
            if (token.Kind == SqlTokenKind.End)
            {
                throw new SqlException("a row has no end: the dump was cut off", _scanner.Line);
            }

            if (token.Is(',') || token.Is(')'))
            {
                values.Add(value);
                (value, isSet) = (null, false);
                if (token.Is(')'))
                {
                    return values;
                }
            }
            else if (!isSet && token.Is("ARRAY"))
            {
                (value, isSet) = (ReadArray(), true);
            }
            else if (!isSet && token.Kind is SqlTokenKind.Text or SqlTokenKind.Word)
            {
                (value, isSet) = (token.Is("NULL") ? null : token.Text, true);
            }
            else if (token.Is('('))
            {
                throw new SqlException("a value is an expression, which cannot be read: write the dump with pg_dump", _scanner.Line);
            }
        }
    }

    private string ReadArray()
    {
        List<string> items = [];
        for (SqlToken token = _scanner.Next(); !token.Is(']'); token = _scanner.Next())
        {
            if (token.Kind == SqlTokenKind.End)
            {
                throw new SqlException("an array has no end", _scanner.Line);
            }

            if (token.Kind == SqlTokenKind.Text)
            {
                items.Add($"\"{token.Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
            }
        }

        return $"{{{string.Join(',', items)}}}";
    }

    // The columns in their order, for INSERTs that do not name them.
    private void ReadCreate()
    {
        SqlToken token = _scanner.Next();
        if (!token.Is("TABLE"))
        {
            SkipStatement();
            return;
        }

        token = _scanner.Next();
        while (token.Is("IF") || token.Is("NOT") || token.Is("EXISTS"))
        {
            token = _scanner.Next();
        }

        string table = ReadTable(ref token);
        Dictionary<string, int> columns = [];
        int depth = 0;
        bool isFirst = false;
        for (; !token.Is(';') && token.Kind != SqlTokenKind.End; token = _scanner.Next())
        {
            if (token.Is('(') || token.Is(')'))
            {
                depth += token.Is('(') ? 1 : -1;
                isFirst = depth == 1 && token.Is('(');
            }
            else if (token.Is(',') && depth == 1)
            {
                isFirst = true;
            }
            else if (isFirst)
            {
                isFirst = false;
                if (token.Kind == SqlTokenKind.Name || (token.Kind == SqlTokenKind.Word
                    && token.Text.ToUpperInvariant() is not ("CONSTRAINT" or "PRIMARY" or "UNIQUE" or "CHECK" or "FOREIGN" or "EXCLUDE" or "LIKE")))
                {
                    columns[token.Text] = columns.Count;
                }
            }
        }

        _columns[table] = columns;
    }

    private Dictionary<string, int> ColumnsOf(string table) => _columns.GetValueOrDefault(table)
        ?? throw new SqlException($"the columns of \"{table}\" are not named: write the dump with --column-inserts, or with its CREATE TABLE",
            _scanner.Line);

    private void Keep(List<SqlRow> rows, string table, Dictionary<string, int> columns, string?[] values, int line)
    {
        if (values.Length != columns.Count)
        {
            throw new SqlException($"a row of \"{table}\" has {values.Length} values for {columns.Count} columns", line);
        }

        if (++_count > MaxRows)
        {
            throw new SqlException($"more than {MaxRows} rows of keys and groups", line);
        }

        rows.Add(new SqlRow(columns, values, new SourceLocation(File, line, 1)));
    }

    // COPY's text form.
    private static string? Unescape(string value)
    {
        if (value == "\\N")
        {
            return null;
        }

        if (!value.Contains('\\'))
        {
            return value;
        }

        var text = new StringBuilder(value.Length);
        for (int index = 0; index < value.Length; index++)
        {
            char letter = value[index];
            if (letter == '\\' && index + 1 < value.Length)
            {
                letter = value[++index] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', 'v' => '\v', var other => other };
            }

            text.Append(letter);
        }

        return text.ToString();
    }
}
