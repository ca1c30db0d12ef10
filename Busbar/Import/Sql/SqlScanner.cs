using System.Text;

namespace Busbar.Import.Sql;

/// <summary>Cuts a dump into tokens, and into lines where it holds data. Keeps one token or line in memory at a time.</summary>
/// <param name="reader">The dump.</param>
internal sealed class SqlScanner(TextReader reader)
{
    /// <summary>Longest token or line, characters.</summary>
    public const int Longest = 16 * 1024 * 1024;

    private readonly StringBuilder _text = new();
    private bool _isLineStart = true;

    /// <summary>The line that is being read, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>The next token.</summary>
    public SqlToken Next()
    {
        while (true)
        {
            bool atStart = _isLineStart;
            int letter = Read();
            switch (letter)
            {
                case < 0:
                    return new SqlToken(SqlTokenKind.End, "");
                case '\\' when atStart:
                    ReadLine();
                    break;
                case '-' when reader.Peek() == '-':
                    ReadLine();
                    break;
                case '/' when reader.Peek() == '*':
                    SkipComment();
                    break;
                case '\'':
                    return new SqlToken(SqlTokenKind.Text, Quoted('\'', hasEscapes: false));
                case '"':
                    return new SqlToken(SqlTokenKind.Name, Quoted('"', hasEscapes: false));
                case 'E' or 'e' when reader.Peek() == '\'':
                    Read();
                    return new SqlToken(SqlTokenKind.Text, Quoted('\'', hasEscapes: true));
                case '$' when reader.Peek() is '$' or '_' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'):
                    return new SqlToken(SqlTokenKind.Text, Dollars());
                default:
                    if (char.IsWhiteSpace((char)letter))
                    {
                        break;
                    }

                    return IsWord((char)letter) || (letter == '-' && char.IsAsciiDigit((char)Math.Max(0, reader.Peek())))
                        ? new SqlToken(SqlTokenKind.Word, Word((char)letter))
                        : new SqlToken(SqlTokenKind.Sign, ((char)letter).ToString());
            }
        }
    }

    /// <summary>The rest of the line, without its end; null at the end of the file.</summary>
    public string? ReadLine()
    {
        _text.Clear();
        int letter = Read();
        if (letter < 0)
        {
            return null;
        }

        for (; letter >= 0 && letter != '\n'; letter = Read())
        {
            Append((char)letter);
        }

        return _text.Length > 0 && _text[^1] == '\r' ? _text.ToString(0, _text.Length - 1) : _text.ToString();
    }

    private string Word(char first)
    {
        _text.Clear();
        Append(first);
        while (reader.Peek() is >= 0 and var next && (IsWord((char)next)
            || (next is '-' or '+' && _text[^1] is 'e' or 'E' && char.IsAsciiDigit(_text[0]))))
        {
            Append((char)Read());
        }

        return _text.ToString();
    }

    private string Quoted(char quote, bool hasEscapes)
    {
        int start = Line;
        _text.Clear();
        while (true)
        {
            int letter = Read();
            if (letter < 0)
            {
                throw new SqlException("a text that begins here has no end", start);
            }

            if (letter == quote)
            {
                if (reader.Peek() != quote)
                {
                    return _text.ToString();
                }

                Read();
            }
            else if (hasEscapes && letter == '\\')
            {
                letter = Read() switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var other => other };
            }

            Append((char)letter);
        }
    }

    private string Dollars()
    {
        int start = Line;
        var tag = new StringBuilder("$");
        int letter;
        while ((letter = Read()) != '$')
        {
            if (letter < 0 || !IsWord((char)letter) || tag.Length > 64)
            {
                throw new SqlException("a text between dollar signs begins here and has no end", start);
            }

            tag.Append((char)letter);
        }

        string end = tag.Append('$').ToString();
        _text.Clear();
        while (_text.Length < end.Length || !EndsWith(end))
        {
            letter = Read();
            if (letter < 0)
            {
                throw new SqlException("a text between dollar signs begins here and has no end", start);
            }

            Append((char)letter);
        }

        return _text.ToString(0, _text.Length - end.Length);
    }

    private bool EndsWith(string end)
    {
        for (int index = 0; index < end.Length; index++)
        {
            if (_text[_text.Length - end.Length + index] != end[index])
            {
                return false;
            }
        }

        return true;
    }

    private void SkipComment()
    {
        int start = Line;
        Read();
        for (int letter = Read(); letter != '*' || reader.Peek() != '/'; letter = Read())
        {
            if (letter < 0)
            {
                throw new SqlException("a comment that begins here has no end", start);
            }
        }

        Read();
    }

    private int Read()
    {
        int letter = reader.Read();
        _isLineStart = letter == '\n';
        Line += _isLineStart ? 1 : 0;
        return letter == 0 ? throw new SqlException("this is no text: a dump is read in its plain form (pg_dump --format=plain)", Line) : letter;
    }

    private void Append(char letter)
    {
        if (_text.Length == Longest)
        {
            throw new SqlException($"a value or line is longer than {Longest} characters", Line);
        }

        _text.Append(letter);
    }

    private static bool IsWord(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '.';
}
