using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Busbar.Wire;

namespace Busbar.Benchmarks.Micro;

/// <summary>The scan of a body of half a megabyte, as agents send it at their fiftieth turn.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private byte[] _body = [];

    /// <summary>What the texts are made of.</summary>
    [Params("prose", "code", "prose in Greek", "indented")]
    public string Text { get; set; } = "";

    /// <summary>Makes the body.</summary>
    [GlobalSetup]
    public void Make()
    {
        string text = string.Concat(Enumerable.Range(0, 60).Select(line => Text switch
        {
            "code" => $"    if (table[\"row {line}\"] != '\\t') {{\n        say(\"café {line}\");\n    }}\n",
            "prose in Greek" => $"Και η γραμμή {line} είναι κι αυτή μια γραμμή κειμένου, όχι μεγάλη. ",
            _ => $"And line {line} is one more line of text, which goes on for a while without a break, as texts do. ",
        }));
        var messages = new List<object>();
        while (messages.Count * text.Length < 500_000)
        {
            messages.Add(new { role = "tool", tool_call_id = $"call_{messages.Count}", content = text });
        }

        _body = JsonSerializer.SerializeToUtf8Bytes(
            new { model = "m", stream = true, messages, tools =
                Enumerable.Range(0, 20).Select(tool => new { type = "function", function = new { name = $"tool_{tool}" } }) },
            new JsonSerializerOptions { WriteIndented = Text == "indented", Encoder =
                System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>What routing needs to know, the body proven to be JSON.</summary>
    [Benchmark]
    public int Scan() => RequestScan.TryScan(_body, out RequestScan scan) == ScanResult.Ok ? scan.ClosingBrace
        : throw new InvalidOperationException("The body is not JSON.");

    /// <summary>The framework's reader, which proves the same.</summary>
    [Benchmark(Baseline = true)]
    public int Framework()
    {
        var reader = new Utf8JsonReader(_body);
        while (reader.Read())
        {
        }

        return (int)reader.BytesConsumed;
    }
}
