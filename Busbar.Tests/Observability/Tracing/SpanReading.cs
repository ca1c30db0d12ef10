using System.Buffers.Binary;
using System.Text;

namespace Busbar.Tests.Observability.Tracing;

/// <summary>A span as a collector decodes it, by a reader of protocol buffers that shares nothing with the product.</summary>
internal sealed record SpanReading
{
    /// <summary>The trace, in hexadecimal.</summary>
    public string TraceId { get; private set; } = "";

    /// <summary>The span, in hexadecimal.</summary>
    public string SpanId { get; private set; } = "";

    /// <summary>Its parent, in hexadecimal; empty for none.</summary>
    public string ParentId { get; private set; } = "";

    /// <summary>The caller's state.</summary>
    public string State { get; private set; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>2 server, 3 client.</summary>
    public ulong Kind { get; private set; }

    /// <summary>Unix nanoseconds.</summary>
    public ulong Start { get; private set; }

    /// <summary>Unix nanoseconds.</summary>
    public ulong End { get; private set; }

    /// <summary>0 unset, 2 error.</summary>
    public ulong Status { get; private set; }

    /// <summary>Trace flags, and what is known of the parent.</summary>
    public ulong Flags { get; private set; }

    /// <summary>What is known about it; numbers are <see cref="long"/>.</summary>
    public Dictionary<string, object> Attributes { get; } = [];

    /// <summary>What is known about the process.</summary>
    public Dictionary<string, object> Resource { get; private init; } = [];

    /// <summary>The value of an attribute; null when it is not there.</summary>
    public object? this[string key] => Attributes.GetValueOrDefault(key);

    /// <summary>The spans of an export request.</summary>
    public static List<SpanReading> Decode(ReadOnlyMemory<byte> request)
    {
        List<SpanReading> spans = [];
        foreach (Field resourceSpans in Fields(request))
        {
            Assert.Equal(1, resourceSpans.Number);
            var resource = new Dictionary<string, object>();
            foreach (Field part in Fields(resourceSpans.Bytes))
            {
                if (part.Number == 1)
                {
                    foreach (Field attribute in Fields(part.Bytes))
                    {
                        Pair(attribute.Bytes, resource);
                    }

                    continue;
                }

                // The third part is the address of the conventions.
                if (part.Number == 3)
                {
                    continue;
                }

                Assert.Equal(2, part.Number);
                spans.AddRange(Fields(part.Bytes).Where(field => field.Number == 2).Select(span => Of(span.Bytes, resource)));
            }
        }

        return spans;
    }

    private static SpanReading Of(ReadOnlyMemory<byte> bytes, Dictionary<string, object> resource)
    {
        var span = new SpanReading { Resource = resource };
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1: span.TraceId = Convert.ToHexStringLower(field.Bytes.Span); break;
                case 2: span.SpanId = Convert.ToHexStringLower(field.Bytes.Span); break;
                case 3: span.State = field.Text; break;
                case 4: span.ParentId = Convert.ToHexStringLower(field.Bytes.Span); break;
                case 5: span.Name = field.Text; break;
                case 6: span.Kind = field.Value; break;
                case 7: span.Start = field.Value; break;
                case 8: span.End = field.Value; break;
                case 9: Pair(field.Bytes, span.Attributes); break;
                case 15: span.Status = Fields(field.Bytes).Single(part => part.Number == 3).Value; break;
                case 16: span.Flags = field.Value; break;
                default: Assert.Fail($"field {field.Number} is not of a span"); break;
            }
        }

        return span;
    }

    /// <summary>Reads one attribute.</summary>
    internal static void Pair(ReadOnlyMemory<byte> bytes, Dictionary<string, object> into)
    {
        List<Field> pair = Fields(bytes);
        Assert.Equal([1, 2], pair.Select(field => field.Number));
        Field value = Assert.Single(Fields(pair[1].Bytes));
        into.Add(pair[0].Text, value.Number switch
        {
            1 => value.Text,
            3 => (long)value.Value,
            _ => throw new InvalidDataException($"value of kind {value.Number}"),
        });
    }

    /// <summary>The fields of one message.</summary>
    internal static List<Field> Fields(ReadOnlyMemory<byte> bytes)
    {
        List<Field> fields = [];
        int at = 0;
        while (at < bytes.Length)
        {
            ulong tag = Varint(bytes.Span, ref at);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(new Field(number, Varint(bytes.Span, ref at), default));
                    break;
                case 1:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[at..]), default));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(bytes.Span, ref at);
                    fields.Add(new Field(number, 0, bytes.Slice(at, length)));
                    at += length;
                    break;
                case 5:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[at..]), default));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }

        return fields;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("endless varint");
    }

    /// <summary>One field.</summary>
    internal readonly record struct Field(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
    {
        /// <summary>Its bytes as text.</summary>
        public string Text => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes.Span);
    }
}
