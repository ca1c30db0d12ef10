using System.Text;
using System.Text.Unicode;
using BenchmarkDotNet.Attributes;
using Busbar.Wire.Json;

namespace Busbar.Benchmarks.Micro;

/// <summary>The proof that a string of 40,000 characters is UTF-8.</summary>
public class Utf8Benchmarks
{
    private byte[] _text = [];

    /// <summary>What the string is made of.</summary>
    [Params("accents", "Greek", "Chinese")]
    public string Text { get; set; } = "";

    /// <summary>Makes the string.</summary>
    [GlobalSetup]
    public void Make()
    {
        string line = Text switch
        {
            "accents" => "    say(\"a café, and then a line of code that goes on for a while\");",
            "Greek" => "Και αυτή είναι μια γραμμή κειμένου, όχι μεγάλη. ",
            _ => "这是一行文字，不长也不短。",
        };
        var text = new StringBuilder("1:\"");
        while (text.Length < 40_000)
        {
            text.Append(line);
        }

        _text = Encoding.UTF8.GetBytes(text.Append('"').ToString());
    }

    /// <summary>Busbar's.</summary>
    [Benchmark]
    public bool Proof() => Utf8Proof.Holds(_text, 3, _text.Length - 1);

    /// <summary>The framework's.</summary>
    [Benchmark(Baseline = true)]
    public bool Framework() => Utf8.IsValid(_text.AsSpan(3, _text.Length - 4));
}
