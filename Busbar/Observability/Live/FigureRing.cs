namespace Busbar.Observability.Live;

/// <summary>The newest so many points. Not safe for several threads.</summary>
/// <param name="most">Their number.</param>
internal sealed class FigureRing(int most)
{
    private readonly FigurePoint[] _points = new FigurePoint[most];
    private long _added;

    /// <summary>Adds a point, in place of the oldest one when there are enough.</summary>
    public void Add(in FigurePoint point) => _points[_added++ % most] = point;

    /// <summary>The newest <paramref name="count"/> points at most, the oldest first.</summary>
    public IReadOnlyList<FigurePoint> Read(int count)
    {
        int kept = (int)Math.Min(Math.Min(count, most), _added);
        var points = new FigurePoint[kept];
        for (int index = 0; index < kept; index++)
        {
            points[index] = _points[(_added - kept + index) % most];
        }

        return points;
    }
}
