using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Benchmarks.Micro;

/// <summary>The tape and the writer against the framework's document and writer, on a chat request of 1 KB.</summary>
[MemoryDiagnoser]
public class JsonBenchmarks
{
    private readonly byte[] _body = Encoding.UTF8.GetBytes(
        $$"""{"model":"example-large","stream":false,"temperature":0.2,"max_tokens":256,"messages":[{"role":"system","content":"Answer in one """ +
            $$"""line."},{"role":"user","content":"{{new string('x', 700)}}"},{"role":"assistant","content":"A line with \"quotes\" """ +
            $$"""and\nbreaks."},{"role":"user","content":"And now?"}]}""");

    private readonly JsonTape _tape = new();
    private readonly PooledBuffer _output = new(4096);
    private readonly JsonWriterOptions _options = new() { SkipValidation = true };

    /// <summary>Finds the model and walks the messages of a document.</summary>
    [Benchmark, BenchmarkCategory("Read")]
    public int ReadDocument()
    {
        using var document = JsonDocument.Parse(_body);
        int length = document.RootElement.GetProperty("model"u8).GetString()!.Length;
        foreach (JsonElement message in document.RootElement.GetProperty("messages"u8).EnumerateArray())
        {
            length += message.GetProperty("content"u8).GetString()!.Length;
        }

        return length;
    }

    /// <summary>The same on a tape that is used again and again.</summary>
    [Benchmark, BenchmarkCategory("Read")]
    public int ReadTape()
    {
        if (!_tape.TryParse(_body))
        {
            throw new InvalidOperationException("The body is not JSON.");
        }

        int length = _tape.Root["model"u8].Text.Span.Length;
        foreach (JsonNode message in _tape.Root["messages"u8].Items)
        {
            length += message["content"u8].Text.Span.Length;
        }

        return length;
    }

    /// <summary>Copies role and content of every message from a document.</summary>
    [Benchmark, BenchmarkCategory("Rewrite")]
    public int RewriteDocument()
    {
        _output.Clear();
        using var document = JsonDocument.Parse(_body);
        using var writer = new Utf8JsonWriter(_output, _options);
        writer.WriteStartObject();
        writer.WriteStartArray("messages"u8);
        foreach (JsonElement message in document.RootElement.GetProperty("messages"u8).EnumerateArray())
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, message.GetProperty("role"u8).GetString());
            writer.WriteString("content"u8, message.GetProperty("content"u8).GetString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return _output.Length;
    }

    /// <summary>The same from the tape, moving text that stays escaped.</summary>
    [Benchmark, BenchmarkCategory("Rewrite")]
    public int RewriteTape()
    {
        _output.Clear();
        _tape.TryParse(_body);
        var writer = new Wire.Json.JsonWriter(_output);
        writer.StartObject();
        writer.StartArray("messages"u8);
        foreach (JsonNode message in _tape.Root["messages"u8].Items)
        {
            writer.StartObject();
            writer.Text("role"u8, message["role"u8].Text);
            writer.Text("content"u8, message["content"u8].Text);
            writer.EndObject();
        }

        writer.EndArray();
        writer.EndObject();
        return _output.Length;
    }
}
