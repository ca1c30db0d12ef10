using System.Buffers.Text;
using System.Globalization;

namespace Busbar.Wire.Json;

/// <summary>
/// Writes compact JSON into a <see cref="PooledBuffer"/>. Commas are placed by the writer; names are given as escaped UTF-8
/// constants; text and values that came from JSON are copied, not decoded. It does not check that calls balance: the
/// protocol writers' tests parse everything they write.
/// </summary>
internal readonly struct JsonWriter
{
    private readonly PooledBuffer _output;

    /// <summary>Appends to <paramref name="output"/>.</summary>
    public JsonWriter(PooledBuffer output) => _output = output;

    /// <summary>Where the JSON goes.</summary>
    public PooledBuffer Output => _output;

    /// <summary>Opens an object as the next value.</summary>
    public void StartObject()
    {
        Separate();
        _output.Write((byte)'{');
    }

    /// <summary>Opens an object as the value of <paramref name="name"/>.</summary>
    public void StartObject(ReadOnlySpan<byte> name)
    {
        Name(name);
        _output.Write((byte)'{');
    }

    /// <summary>Closes the object opened last.</summary>
    public void EndObject() => _output.Write((byte)'}');

    /// <summary>Opens an array as the next value.</summary>
    public void StartArray()
    {
        Separate();
        _output.Write((byte)'[');
    }

    /// <summary>Opens an array as the value of <paramref name="name"/>.</summary>
    public void StartArray(ReadOnlySpan<byte> name)
    {
        Name(name);
        _output.Write((byte)'[');
    }

    /// <summary>Closes the array opened last.</summary>
    public void EndArray() => _output.Write((byte)']');

    /// <summary>Writes a member name, already escaped; a value must follow.</summary>
    public void Name(ReadOnlySpan<byte> name)
    {
        Separate();
        Span<byte> span = _output.GetSpan(name.Length + 3);
        span[0] = (byte)'"';
        name.CopyTo(span[1..]);
        span[name.Length + 1] = (byte)'"';
        span[name.Length + 2] = (byte)':';
        _output.Advance(name.Length + 3);
    }

    /// <summary>Writes text as the next value.</summary>
    public void Text(JsonText value) => Quoted(value.Span);

    /// <summary>Writes text as the value of <paramref name="name"/>.</summary>
    public void Text(ReadOnlySpan<byte> name, JsonText value)
    {
        Name(name);
        Quoted(value.Span);
    }

    /// <summary>Writes text as the value of <paramref name="name"/>, or nothing when it is absent.</summary>
    public void TextIfPresent(ReadOnlySpan<byte> name, JsonText value)
    {
        if (!value.IsAbsent)
        {
            Text(name, value);
        }
    }

    /// <summary>Writes a constant that needs no escaping as the next value.</summary>
    public void Literal(ReadOnlySpan<byte> escaped) => Quoted(escaped);

    /// <summary>Writes a constant that needs no escaping as the value of <paramref name="name"/>.</summary>
    public void Literal(ReadOnlySpan<byte> name, ReadOnlySpan<byte> escaped)
    {
        Name(name);
        Quoted(escaped);
    }

    /// <summary>Writes a .NET string as the value of <paramref name="name"/>, escaping it.</summary>
    public void String(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        String(value);
    }

    /// <summary>Writes a .NET string as the next value, escaping it.</summary>
    public void String(string value)
    {
        Separate();
        _output.Write((byte)'"');
        using var plain = new PooledBuffer(value.Length * 3 + 1);
        plain.Advance(System.Text.Encoding.UTF8.GetBytes(value, plain.GetSpan(value.Length * 3 + 1)));
        JsonEscaping.Escape(plain.Span, _output);
        _output.Write((byte)'"');
    }

    /// <summary>
    /// Writes a JSON value as a string that contains its text (tool arguments in several protocols), as the value of <paramref name="name"/>.
    /// </summary>
    public void Stringified(ReadOnlySpan<byte> name, JsonSlice value)
    {
        Name(name);
        _output.Write((byte)'"');
        JsonEscaping.Escape(value.Span, _output);
        _output.Write((byte)'"');
    }

    /// <summary>Copies a JSON value as the next value.</summary>
    public void Raw(JsonSlice value) => Raw(value.Span);

    /// <summary>Copies a JSON value as the next value.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        Separate();
        _output.Write(json);
    }

    /// <summary>Copies a JSON value as the value of <paramref name="name"/>.</summary>
    public void Raw(ReadOnlySpan<byte> name, JsonSlice value) => Raw(name, value.Span);

    /// <summary>Copies a JSON value as the value of <paramref name="name"/>.</summary>
    public void Raw(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        Name(name);
        _output.Write(json);
    }

    /// <summary>Copies a JSON value as the value of <paramref name="name"/>, or writes nothing when it is absent.</summary>
    public void RawIfPresent(ReadOnlySpan<byte> name, JsonSlice value)
    {
        if (!value.IsAbsent)
        {
            Raw(name, value.Span);
        }
    }

    /// <summary>Writes an integer as the value of <paramref name="name"/>.</summary>
    public void Number(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Utf8Formatter.TryFormat(value, _output.GetSpan(20), out int written);
        _output.Advance(written);
    }

    /// <summary>Writes an integer as the next value.</summary>
    public void Number(long value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, _output.GetSpan(20), out int written);
        _output.Advance(written);
    }

    /// <summary>Writes a finite double in its shortest round-trip form as the value of <paramref name="name"/>.</summary>
    public void Number(ReadOnlySpan<byte> name, double value)
    {
        Name(name);
        value.TryFormat(_output.GetSpan(32), out int written, "R", CultureInfo.InvariantCulture);
        _output.Advance(written);
    }

    /// <summary>Writes a boolean as the value of <paramref name="name"/>.</summary>
    public void Bool(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        _output.Write(value ? "true"u8 : "false"u8);
    }

    /// <summary>Writes <c>null</c> as the value of <paramref name="name"/>.</summary>
    public void Null(ReadOnlySpan<byte> name)
    {
        Name(name);
        _output.Write("null"u8);
    }

    private void Quoted(ReadOnlySpan<byte> escaped)
    {
        Separate();
        if (_output.Borrows(escaped.Length))
        {
            _output.Write((byte)'"');
            _output.Write(escaped);
            _output.Write((byte)'"');
            return;
        }

        Span<byte> span = _output.GetSpan(escaped.Length + 2);
        span[0] = (byte)'"';
        escaped.CopyTo(span[1..]);
        span[escaped.Length + 1] = (byte)'"';
        _output.Advance(escaped.Length + 2);
    }

    // A value or name needs a comma unless it is the first thing in its container, follows its name or a comma of some other framing, or starts the
    // document.
    private void Separate()
    {
        ReadOnlySpan<byte> written = _output.Span;
        if (written.Length > 0 && written[^1] is not ((byte)'{' or (byte)'[' or (byte)':' or (byte)',' or (byte)' ' or (byte)'\n'))
        {
            _output.Write((byte)',');
        }
    }
}
