using System.Globalization;
using System.Text;
using Busbar.Commands.Remote;
using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Commands;

/// <summary><c>busbar prices</c>: what models cost.</summary>
internal static class PricesCommand
{
    private const decimal UnitsPerCent = 10_000;

    /// <summary>Prints every row whose provider or model has the given text in its name.</summary>
    /// <returns>0, 1 when the list has a mistake or no such row, 2 for arguments that make no sense.</returns>
    public static int Run(string[] arguments, IEnvironment environment, TextWriter output, TextWriter error)
    {
        if (AdminArguments.Parse(arguments.AsSpan(1), ["--prices"], [], out string problem) is not { Words.Count: < 2 } parsed)
        {
            error.WriteLine($"busbar prices: {(problem.Length > 0 ? problem : "takes one argument, a part of a name")}; see busbar --help");
            return 2;
        }

        if (parsed.WantsHelp)
        {
            output.Write(HelpText.Text);
            return 0;
        }

        ConfigReport report = new();
        string wanted = parsed.Words.Count > 0 ? parsed.Words[0] : "";
        PriceCatalog catalog = PriceCatalog.Open(ConfigSources.Choose(null, null, parsed.Last("--prices"), environment), report, environment);
        ListedModel[] rows = [.. catalog.All.Where(row => $"{row.Provider}/{row.Name}".Contains(wanted, StringComparison.OrdinalIgnoreCase))];
        foreach (ConfigProblem wrong in report.Problems)
        {
            error.WriteLine(wrong);
        }

        if (parsed.Has("--json"))
        {
            using var json = new PooledBuffer(4096);
            Write(rows, new JsonWriter(json));
            output.WriteLine(Encoding.UTF8.GetString(json.Span));
        }
        else
        {
            Table(rows).Write(output);
        }

        if (rows.Length == 0 && report.Problems.Count == 0)
        {
            error.WriteLine($"busbar prices: no name has '{wanted}' in it");
        }

        return rows.Length == 0 || report.Problems.Count > 0 ? 1 : 0;
    }

    private static TextTable Table(ListedModel[] rows)
    {
        var table = new TextTable("PROVIDER", "MODEL", "ABOVE", "INPUT", "OUTPUT", "CACHE READ", "WRITE 5M", "WRITE 1H", "BATCH", "FLEX", "PRIORITY",
            "DATE", "SOURCE");
        foreach (ListedModel row in rows)
        {
            foreach (RateStep step in row.Card.Steps)
            {
                Rates rates = step.Standard;
                table.Add(
                    row.Provider,
                    row.Name,
                    step.Above == 0 ? "-" : step.Above.ToString(CultureInfo.InvariantCulture),
                    Cents(rates.Input),
                    Cents(rates.Output),
                    Cents(rates.CacheRead),
                    Cents(rates.CacheWrite),
                    Cents(rates.CacheWriteLong),
                    Both(step.Batch),
                    Both(step.Flex),
                    Both(step.Priority),
                    row.Date,
                    row.Source);
            }
        }

        return table;
    }

    private static void Write(ListedModel[] rows, JsonWriter json)
    {
        json.StartObject();
        json.String("unit"u8, "cents for a million tokens");
        json.StartArray("prices"u8);
        foreach (ListedModel row in rows)
        {
            json.StartObject();
            json.String("provider"u8, row.Provider);
            json.String("model"u8, row.Name);
            json.String("source"u8, row.Source);
            json.String("date"u8, row.Date);
            Number(json, "context"u8, row.Context);
            Number(json, "output_max"u8, row.OutputMax);
            json.StartArray("steps"u8);
            foreach (RateStep step in row.Card.Steps)
            {
                json.StartObject();
                json.Number("above"u8, step.Above);
                Write(json, "standard"u8, step.Standard);
                Write(json, "batch"u8, step.Batch);
                Write(json, "flex"u8, step.Flex);
                Write(json, "priority"u8, step.Priority);
                json.EndObject();
            }

            json.EndArray();
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
    }

    private static void Write(JsonWriter json, ReadOnlySpan<byte> tier, Rates? rates)
    {
        if (rates is not { } known)
        {
            return;
        }

        json.StartObject(tier);
        Price(json, "input"u8, known.Input);
        Price(json, "output"u8, known.Output);
        Price(json, "cache_read"u8, known.CacheRead);
        Price(json, "cache_write"u8, known.CacheWrite);
        Price(json, "cache_write_1h"u8, known.CacheWriteLong);
        Price(json, "reasoning"u8, known.Reasoning);
        Price(json, "audio_input"u8, known.AudioInput);
        Price(json, "audio_output"u8, known.AudioOutput);
        Price(json, "image_output"u8, known.ImageOutput);
        json.EndObject();
    }

    private static void Number(JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } known)
        {
            json.Number(name, known);
        }
    }

    private static void Price(JsonWriter json, ReadOnlySpan<byte> name, long price) => json.Raw(name, JsonText.From(Cents(price)).Span);

    private static string Both(Rates? rates) => rates is { } known ? $"{Cents(known.Input)}/{Cents(known.Output)}" : "-";

    private static string Cents(long price) => (price / UnitsPerCent).ToString("0.####", CultureInfo.InvariantCulture);
}
