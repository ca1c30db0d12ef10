using Busbar.Wire;

namespace Busbar.Tests.Wire;

public sealed class AcceptedCodingsTests
{
    [Theory]
    [InlineData("gzip", true)]
    [InlineData("br, GZip ;q=0.5", true)]
    [InlineData("gzip;q=0.001", true)]
    [InlineData("gzip; q=0", false)]
    [InlineData("gzip;q=0.0", false)]
    [InlineData("gzip;q=0.00", false)]
    [InlineData("gzip;q=0.000, br", false)]
    [InlineData("gzip;v=1;q=0", false)]
    [InlineData("x-gzip", false)]
    [InlineData("br", false)]
    [InlineData("", false)]
    public void A_coding_is_accepted_where_it_is_named_and_not_refused(string header, bool expected) =>
        Assert.Equal(expected, AcceptedCodings.Has(header, "gzip"));
}
