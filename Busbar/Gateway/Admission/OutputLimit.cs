using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Admission;

/// <summary>
/// How much output a client asked for at most, as any provider of its protocol may read it. Only the vendor's own words limit; whatever else a
/// lenient host may take for them, in another case, place or spelling, can raise the limit and never lower it.
/// </summary>
/// <param name="Tokens">Tokens of one candidate, thinking beside them included, at least 1; null when there is no limit, or one that cannot be
/// read.</param>
/// <param name="Candidates">Answers that the client wants, at least 1.</param>
/// <param name="IsPlain">Whether the limit stands there as a whole number, so that translation reads it too.</param>
internal readonly record struct OutputLimit(long? Tokens, long Candidates, bool IsPlain)
{
    /// <summary>Tokens of all candidates together; null when the client set no limit.</summary>
    public long? Total => Tokens is { } limit ? Times(limit) : null;

    /// <summary>The limit that a translated request carries; null where it carries none.</summary>
    public long? Translated => IsPlain ? Tokens : null;

    /// <summary>So many <paramref name="tokens"/> for each candidate.</summary>
    public long Times(long tokens) => tokens > long.MaxValue / Candidates ? long.MaxValue : tokens * Candidates;

    /// <summary>What <paramref name="body"/>, a JSON object, says.</summary>
    public static OutputLimit Of(ProtocolId protocol, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        OutputForm form = ProtocolTable.Get(protocol).Output;
        var found = new Found { Form = form, IsPlain = true };
        if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            Read(ref reader, ref found, isHome: !form.IsNested);
        }

        return found.Limit();
    }

    // An object of settings may come twice, in one spelling or two, and which of them counts is for the provider to choose: the weakest does here.
    private static void Read(ref Utf8JsonReader reader, ref Found found, bool isHome)
    {
        Span<byte> folded = stackalloc byte[NameFold.MaxLength];
        var home = new Home();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int length = SettingNames.Fold(ref reader, folded);
            ReadOnlySpan<byte> name = length > 0 ? folded[..length] : default;
            int word = isHome ? found.VendorsWord(ref reader) : 0;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject && SettingNames.HoldsLimits(name))
            {
                Read(ref reader, ref found, isHome: SettingNames.IsHome(name) && found.Form.IsNested);
                continue;
            }

            if (word > 0)
            {
                home.Take(word, ref reader, ref found);
            }
            else
            {
                found.Take(name, ref reader);
            }

            reader.Skip();
        }

        if (isHome)
        {
            found.Close(home);
        }
    }

    // At least 1; null for what is no number, or stands for "no limit" as zero and less do with some providers.
    private static long? NumberAt(ref Utf8JsonReader reader, out bool isWhole)
    {
        isWhole = false;
        double number;
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out long exact))
            {
                isWhole = true;
                return exact >= 1 ? exact : null;
            }

            number = reader.TryGetDouble(out double value) ? value : double.NaN;
            isWhole = double.IsInteger(number) && number < long.MaxValue;
        }
        else if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > 64
            || !double.TryParse(reader.ValueSpan, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture,
                out number))
        {
            return null;
        }

        return !(number > 0) ? null : number >= long.MaxValue ? long.MaxValue : (long)Math.Ceiling(number);
    }

    // The vendor's words in one object: those that chat completions has two of stand for each other.
    private struct Home
    {
        public long Largest;
        public bool IsUnlimited;
        private int _valued;
        private int _nulls;

        public readonly bool HasLimit => Largest > 0 && !IsUnlimited && (_valued & _nulls) == 0;

        public void Take(int word, ref Utf8JsonReader reader, ref Found found)
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                // As good as absent, unless the same word has a number elsewhere.
                _nulls |= word;
                return;
            }

            _valued |= word;
            long? number = NumberAt(ref reader, out bool isWhole);
            found.IsPlain &= isWhole;
            IsUnlimited |= number is null;
            Largest = Math.Max(Largest, number ?? 0);
        }
    }

    private struct Found
    {
        public OutputForm Form;
        public bool IsPlain;
        private bool _hasHome;
        private bool _isUnlimited;
        private bool _thinksBeside;
        private long _largest;
        private long _raised;
        private long _candidates;
        private long _thinking;

        /// <summary>A bit for the vendor's own word that <paramref name="reader"/> stands on; 0 for any other.</summary>
        public readonly int VendorsWord(ref Utf8JsonReader reader) =>
            reader.Is(Form.Limit) ? 1 : Form.OtherLimit.Length > 0 && reader.Is(Form.OtherLimit) ? 2 : 0;

        /// <summary>Takes in a member that is none of the vendor's limits.</summary>
        public void Take(scoped ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
        {
            bool isLimit = name.SequenceEqual("maxtokens"u8) || name.SequenceEqual("maxcompletiontokens"u8) || name.SequenceEqual("maxoutputtokens"u8)
                || name.SequenceEqual("maxnewtokens"u8) || name.SequenceEqual("maxtokenstosample"u8) || name.SequenceEqual("numpredict"u8);
            bool isCount = IsCount(name);
            bool isThinking = name.SequenceEqual("thinkingbudget"u8) || name.SequenceEqual("budgettokens"u8) || name.SequenceEqual("tokenbudget"u8);
            if (!(isLimit || isCount || isThinking) || reader.TokenType == JsonTokenType.Null)
            {
                return;
            }

            long? number = NumberAt(ref reader, out _);
            _isUnlimited |= isLimit && number is null;
            _raised = isLimit ? Math.Max(_raised, number ?? 0) : _raised;
            _candidates = isCount ? Math.Max(_candidates, number ?? 0) : _candidates;
            _thinking = isThinking ? Math.Max(_thinking, number ?? 0) : _thinking;

            _thinksBeside |= Form.BudgetIsBeside && name.SequenceEqual("thinkingbudget"u8);
        }

        private readonly bool IsCount(scoped ReadOnlySpan<byte> name)
        {
            foreach (byte[] count in Form.Counts)
            {
                if (name.SequenceEqual(count))
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>Takes in an object in which the vendor's words count.</summary>
        public void Close(in Home home)
        {
            _hasHome = true;
            _isUnlimited |= !home.HasLimit;
            _largest = Math.Max(_largest, home.Largest);
        }

        /// <summary>What it comes to.</summary>
        public readonly OutputLimit Limit()
        {
            long candidates = Math.Max(1, _candidates);
            if (!_hasHome || _isUnlimited)
            {
                return new OutputLimit(null, candidates, IsPlain: true);
            }

            // A budget above the limit cannot be within it.
            long limit = Math.Max(_largest, _raised);
            bool isBeside = _thinksBeside || Form.MayExcludeThinking || _thinking >= limit;
            return new OutputLimit(isBeside ? Usage.Add(limit, _thinking) : limit, candidates, IsPlain);
        }
    }
}
