using System.Buffers;
using System.Collections.Concurrent;
using Busbar.Governance.Labels;
using Busbar.Observability.Metrics;

namespace Busbar.Gateway.Admission.Labels;

/// <summary>
/// Turns what requests say of themselves into labels, as one text each. Names, values and sets of them are bounded for each day, since usage is kept
/// by them: what comes beyond is <c>other</c>, and counted. What was read once is looked up.
/// </summary>
internal sealed class LabelBook(TimeProvider time, Counter bounded)
{
    /// <summary>The label with the end user.</summary>
    public const string User = "user";

    /// <summary>Most names in a day.</summary>
    public const int MaxNames = 100;

    /// <summary>Most sets of labels in a day.</summary>
    public const int MaxSets = 20_000;

    private const int LongestHeader = 4096;
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    private static readonly SearchValues<char> ValueCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:@/+ ");

    private Page _page = new(0);

    /// <summary>The text of the labels in <paramref name="header"/> and of <paramref name="user"/>; empty for none.</summary>
    /// <param name="header">The header's value; null for none.</param>
    /// <param name="user">The end user that the body names; null for none.</param>
    /// <param name="maxValues">Most values of one label in a day.</param>
    public string TextOf(string? header, string? user, int maxValues)
    {
        if (string.IsNullOrEmpty(header) && user is null)
        {
            return "";
        }

        Page page = Today();
        var raw = (header ?? "", user ?? "");
        if (page.Read.TryGetValue(raw, out string? known))
        {
            return known;
        }

        string text = RequestLabels.TextOf(Bounded(page, Parse(header, user), maxValues));
        if (text.Length > 0 && !page.Sets.ContainsKey(text))
        {
            if (page.Sets.Count >= MaxSets)
            {
                bounded.Add();
                return RequestLabels.Other;
            }

            page.Sets.TryAdd(text, true);
        }

        // Others than those are read again each time.
        if (page.Read.Count < MaxSets)
        {
            page.Read.TryAdd(raw, text);
        }

        return text;
    }

    private Page Today()
    {
        long day = time.GetUtcNow().ToUnixTimeSeconds() / 86_400;
        Page page = Volatile.Read(ref _page);
        if (page.Day != day)
        {
            Interlocked.CompareExchange(ref _page, new Page(day), page);
            page = Volatile.Read(ref _page);
        }

        return page;
    }

    private static Dictionary<string, string> Parse(string? header, string? user)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        ReadOnlySpan<char> text = header is { Length: <= LongestHeader } ? header : "";
        foreach (Range range in text.Split(','))
        {
            ReadOnlySpan<char> label = text[range];
            int equals = label.IndexOf('=');
            if (equals < 0 || labels.Count == RequestLabels.MaxCount)
            {
                continue;
            }

            ReadOnlySpan<char> name = label[..equals].Trim();
            string value = Clean(label[(equals + 1)..].Trim());
            if (name.Length is > 0 and <= RequestLabels.LongestName && !name.ContainsAnyExcept(NameCharacters) && value.Length > 0)
            {
                labels.TryAdd(name.ToString(), value);
            }
        }

        if (user is not null && labels.Count < RequestLabels.MaxCount && Clean(user.AsSpan().Trim()) is { Length: > 0 } named)
        {
            labels.TryAdd(User, named);
        }

        return labels;
    }

    private Dictionary<string, string> Bounded(Page page, Dictionary<string, string> labels, int maxValues)
    {
        foreach ((string name, string value) in labels.ToArray())
        {
            if (!page.Values.TryGetValue(name, out ConcurrentDictionary<string, bool>? values))
            {
                if (page.Values.Count >= MaxNames)
                {
                    bounded.Add();
                    labels.Remove(name);
                    continue;
                }

                values = page.Values.GetOrAdd(name, _ => new(StringComparer.Ordinal));
            }

            if (!values.ContainsKey(value) && (values.Count >= maxValues || !(values.TryAdd(value, true) || values.ContainsKey(value))))
            {
                bounded.Add();
                labels[name] = RequestLabels.Other;
            }
        }

        return labels;
    }

    private static string Clean(ReadOnlySpan<char> value)
    {
        value = value[..Math.Min(value.Length, RequestLabels.LongestValue)];
        return !value.ContainsAnyExcept(ValueCharacters)
            ? value.ToString()
            : string.Concat(value.ToString().Select(character => ValueCharacters.Contains(character) ? character : '_'));
    }

    /// <summary>What one day has seen.</summary>
    private sealed class Page(long day)
    {
        public readonly long Day = day;
        public readonly ConcurrentDictionary<(string Header, string User), string> Read = new();
        public readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> Values = new(StringComparer.Ordinal);
        public readonly ConcurrentDictionary<string, bool> Sets = new(StringComparer.Ordinal);
    }
}
